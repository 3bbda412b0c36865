"""What collections of garbage took, in the threads that run event loops."""

from __future__ import annotations

import gc
from _thread import get_ident
from typing import Any

from djscope_probes.clock import now_ns


class Pauses:
    """One per arm: an entry in `gc.callbacks`, at its end, so that nobody else's moves."""

    def __init__(self) -> None:
        # Thread → nanoseconds, without those of the youngest objects: they are short.
        self.took: dict[int, int] = {}
        self._began_ns = 0

    def begin(self) -> None:
        gc.callbacks.append(self._on)

    def end(self) -> None:
        """Twice is once."""
        if self._on in gc.callbacks:
            gc.callbacks.remove(self._on)

    def of(self, thread: int) -> int:
        """So far, since somebody asked for this thread first."""
        return self.took.setdefault(thread, 0)

    def _on(self, phase: str, info: dict[str, Any]) -> None:
        try:
            if not info["generation"] or get_ident() not in self.took:
                return
            if phase == "start":
                self._began_ns = now_ns()
            elif self._began_ns:
                self.took[get_ident()] += now_ns() - self._began_ns
                self._began_ns = 0
        except Exception:  # then this one is not known
            self._began_ns = 0
