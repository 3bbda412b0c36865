"""The heartbeat of one event loop: a callback each 50 ms that notes when it ran.

Through the loop's own interface alone, so that asyncio, uvloop and others are the same: uvloop
does not run `Handle._run`, and asyncio's debug mode makes each callback 6 to 14 times as expensive.
"""

from __future__ import annotations

import os
import time
import weakref
from _thread import get_ident, get_native_id
from collections import deque
from os import getpid
from typing import Any, NamedTuple

from djscope_probes.clock import now_ns
from djscope_probes.guard import Guard

BEAT_NS = 50_000_000
# Kept for the thread that looks; it takes them each 50 ms.
MOST = 100
UNKNOWN = -1

Loop = Any


class Beat(NamedTuple):
    """When it was due, when it came, and the CPU time of the loop's thread by then."""

    due_ns: int
    at_ns: int
    cpu_ns: int


class Heartbeat:
    """Runs in the loop's thread but for `start` and `stop`. Keeps neither loop nor handle alive."""

    def __init__(self, loop: Loop, thread: int, guard: Guard) -> None:
        self.loop = weakref.ref(loop)
        self.thread = thread
        self.kind = str(type(loop).__module__).partition(".")[0]
        self.due_ns = now_ns()
        self.beats: deque[Beat] = deque(maxlen=MOST)
        self.on = True
        self._guard = guard
        self._pid = getpid()
        self._handle: weakref.ref[Any] | None = None
        # The CPU clock of the thread: its number is asked for by the thread itself, which lives.
        self._clock: int | None = None
        self._native_id = 0

    def start(self) -> None:
        """From any thread; a loop that was closed meanwhile has no heart."""
        self._call(self._beat)

    def stop(self) -> None:
        """From any thread: the loop takes the next beat out in its own."""
        self.on = False
        if getpid() == self._pid:  # a forked child shares what wakes the parent's loop
            self._call(self._cancel)

    def _call(self, callback: Any) -> None:
        loop = self.loop()
        if loop is None or loop.is_closed():
            self.on = False
            return
        try:
            loop.call_soon_threadsafe(callback)
        except RuntimeError:  # closed in between
            self.on = False

    def _beat(self) -> None:
        try:
            if not self.on or getpid() != self._pid:
                return
            at = now_ns()
            if self._clock is None or self.thread != get_ident():
                self.thread = get_ident()
                self._clock, self._native_id = cpu_clock(self.thread), get_native_id()
            self.beats.append(Beat(self.due_ns, at, time.thread_time_ns()))
            self.due_ns = at + BEAT_NS
            loop = self.loop()
            if loop is not None:
                self._handle = weakref.ref(loop.call_later(BEAT_NS / 1e9, self._beat))
        except Exception:
            self._guard.failed()

    def _cancel(self) -> None:
        try:
            handle = self._handle() if self._handle is not None else None
            if handle is not None:
                handle.cancel()
        except Exception:
            self._guard.failed()

    def cpu_ns(self) -> int:
        """Of the loop's thread so far; -1 where that cannot be asked from another thread."""
        if self._clock is None or self._clock == UNKNOWN:
            return UNKNOWN
        try:
            return time.clock_gettime_ns(self._clock)
        except OSError:  # the thread has ended
            return UNKNOWN

    def runs(self) -> bool:
        """Whether the loop's thread has or wants the CPU right now; false where unknown.

        Linux says so of each thread. Reading lets go of the interpreter: if it was that which the
        thread waited for, it does not any more.
        """
        try:
            stat = os.open(f"/proc/self/task/{self._native_id}/stat", os.O_RDONLY | os.O_CLOEXEC)
            try:
                text = os.read(stat, 200)
            finally:
                os.close(stat)
        except OSError:
            return False
        # The name of the thread, in brackets, may hold any.
        return text[text.rfind(b")") :].startswith(b") R")


def cpu_clock(thread: int) -> int:
    """The number of a living thread's CPU clock; -1 where there is none (macOS)."""
    find = getattr(time, "pthread_getcpuclockid", None)
    return int(find(thread)) if find is not None else UNKNOWN
