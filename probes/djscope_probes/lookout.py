"""The thread that looks after all event loops of a process: none without loops, none while off."""

from __future__ import annotations

import time
from collections.abc import Sequence
from os import getpid

from djscope_probes import native
from djscope_probes.clock import now_ns
from djscope_probes.guard import Guard
from djscope_probes.vigil import CLOSE_NS, LOOK_NS, Vigil

END_S = 0.2


class Lookout:
    """`vigils` is replaced as a whole, never changed in place."""

    def __init__(self, guard: Guard) -> None:
        self.vigils: Sequence[Vigil] = ()
        # Of this thread so far.
        self.cpu_ns = 0
        self._guard = guard
        self._pid = getpid()
        self._ending = False
        self._wake = native.lock()
        self._wake.acquire()
        self._ended = native.lock()
        self._ended.acquire()

    def begin(self) -> None:
        native.start_thread(self.run)

    def end(self) -> None:
        """Wait for its end, but not for long: a call in C may hold the interpreter."""
        self._ending = True
        if getpid() != self._pid:
            return  # a forked child has no such thread
        if self._wake.locked():
            self._wake.release()
        if self._ended.acquire(True, END_S):
            self._ended.release()

    def run(self) -> None:
        """The thread."""
        try:
            self._look_on()
        except BaseException:
            pass  # The interpreter is taken down around us: there is nobody to tell.
        finally:
            self._ended.release()

    def _look_on(self) -> None:
        pause = LOOK_NS
        while True:
            expected = now_ns() + pause
            self._wake.acquire(True, pause / 1e9)
            if self._ending:
                return
            now, pause = now_ns(), LOOK_NS
            for vigil in self.vigils:
                try:
                    if vigil.look(now, expected):
                        pause = CLOSE_NS
                except Exception:
                    self._guard.failed()
            self.cpu_ns = time.thread_time_ns()
