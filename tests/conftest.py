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
    """What waits for servers among what computes: side by side, one fills the other's gaps. What
    may take long comes first. Tests of one file stay together.
    """
    marks: dict[Path, set[str]] = {}
    for item in items:
        marks.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())
    paths = sorted(marks, key=lambda path: "timeout" not in marks[path])
    waiting = [path for path in paths if "real" in marks[path]]
    computing = [path for path in paths if "real" not in marks[path]]
    turns = {
        path: turn / len(group) for group in (waiting, computing) for turn, path in enumerate(group)
    }
    items.sort(key=lambda item: turns[item.path])


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Neither a patch nor a thread, a child process or an environment variable.

    Set up after servers that tests share, and before everything that is a test's own.
    """
    before = traces()
    yield
    left = leaks_since(before)
    assert not left, f"left behind: {'; '.join(left)}"
