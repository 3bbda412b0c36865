"""Looking at all threads must not hang the process, whatever the garbage collector does."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import pytest

import djscope_probes
from djscope_probes.frames import current_frames

# Each allocation may start a collection, each collection finds thread-locals to delete.
HOSTILE = """
import gc, sys, threading
from djscope_probes.frames import current_frames

class Cycle:
    def __init__(self):
        self.me, self.local = self, threading.local()
        self.local.x = 1

for _ in range(3_000):
    Cycle()
    gc.set_threshold(1)
    {look}()
    gc.set_threshold(100_000)
assert gc.isenabled()
print("looked")
"""


def looked(look: str, seconds: float) -> str:
    """What that prints; nothing when it hangs."""
    command = [sys.executable, "-c", HOSTILE.format(look=look)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=seconds, check=True)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.decode().strip()


def test_a_collection_does_not_hang_it() -> None:
    """python/cpython#106883."""
    assert looked("current_frames", 60) == "looked"


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="only CPython 3.11 hangs: use one")
def test_what_python_itself_offers_does_hang() -> None:
    """Or else this file tests nothing."""
    assert looked("sys._current_frames", 5) == ""


def test_who_looks_keeps_nothing_alive() -> None:
    """What other threads stand in must go when they go, not at the next collection."""
    told, go_on = threading.Event(), threading.Event()
    seen: list[weakref.ref[Thing]] = []

    class Thing:
        pass

    def hold() -> None:
        thing = Thing()
        seen.append(weakref.ref(thing))
        told.set()
        go_on.wait(30)

    def look() -> int:
        frames = current_frames()
        return len(frames)

    thread = threading.Thread(target=hold)
    thread.start()
    gc.disable()
    try:
        assert told.wait(30)
        assert look() >= 1
        go_on.set()
        thread.join()
        assert seen[0]() is None
    finally:
        gc.enable()


def test_nothing_else_looks() -> None:
    """Each other call would be a way to hang a process."""
    sources = Path(djscope_probes.__file__).parent.rglob("*.py")
    looks = [path.name for path in sources if "sys._current_frames()" in path.read_text()]

    assert looks == ["frames.py"]
