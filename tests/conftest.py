"""For all tests: whoever leaves something behind in this process fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real.leaks import leaks_since, traces


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Neither a patch nor a thread, a child process or an environment variable.

    Set up after servers that tests share, and before everything that is a test's own.
    """
    before = traces()
    yield
    left = leaks_since(before)
    assert not left, f"left behind: {'; '.join(left)}"
