"""For all tests: whoever leaves something behind in this process fails."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.real.leaks import leaks_since, traces
from tests.shop import library, shop

__all__ = ["library", "shop"]  # fixtures of several directories

# In the background a shell has us ignore Ctrl-C, and all that tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for servers comes first: side by side, the rest fills the gaps."""
    waiting = {item.path for item in items if item.get_closest_marker("real")}
    items.sort(key=lambda item: item.path not in waiting)


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Neither a patch nor a thread, a child process or an environment variable.

    Set up after servers that tests share, and before everything that is a test's own.
    """
    before = traces()
    yield
    left = leaks_since(before)
    assert not left, f"left behind: {'; '.join(left)}"
