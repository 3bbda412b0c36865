"""For all tests: whoever leaves something behind in this process fails."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.leaks import leaks_since, traces
from tests.shop import library, shop

__all__ = ["library", "shop"]  # fixtures of several directories

# In the background a shell has us ignore Ctrl-C, and all that tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take long comes first, then what waits for servers: side by side, the rest fills the
    gaps. Tests of one file stay together.
    """
    weights: dict[Path, int] = {}
    for item in items:
        marks = bool(item.get_closest_marker("timeout")), bool(item.get_closest_marker("real"))
        weight = 2 * marks[0] + marks[1]
        weights[item.path] = max(weight, weights.get(item.path, 0))
    items.sort(key=lambda item: -weights[item.path])


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Neither a patch nor a thread, a child process or an environment variable.

    Set up after servers that tests share, and before everything that is a test's own.
    """
    before = traces()
    yield
    left = leaks_since(before)
    assert not left, f"left behind: {'; '.join(left)}"
