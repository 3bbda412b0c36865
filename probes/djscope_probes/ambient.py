"""Queries outside of any request, task or command: booked on the thread that makes them.

A thread's ambient unit ends when it paused, so that a loop which polls each few seconds makes one
per turn; one that never pauses is cut into pieces.
"""

from __future__ import annotations

import sys
import weakref
from _thread import _local
from types import FrameType

from djscope_probes.clock import now_ns
from djscope_probes.guard import Guard
from djscope_probes.ledger import Ledger
from djscope_probes.stacks import is_app
from djscope_probes.units import AmbientUnit, Unit

PAUSE_NS = 2_000_000_000
LONGEST_NS = 60_000_000_000


class Seat:
    """A thread's own, which goes when the thread does: identifiers are given to the next one."""

    __slots__ = ("__weakref__", "unit")

    def __init__(self) -> None:
        self.unit: AmbientUnit | None = None


class Ambient:
    """One per arm."""

    def __init__(self, ledger: Ledger, guard: Guard) -> None:
        self._ledger = ledger
        self._guard = guard
        self._mine = _local()
        self._units: dict[AmbientUnit, weakref.ref[Seat]] = {}

    def unit(self) -> Unit | None:
        """The calling thread's unit. It is not the context's: a request may begin any time."""
        try:
            seat = getattr(self._mine, "seat", None)
            if seat is None:
                seat = self._mine.seat = Seat()
            unit: AmbientUnit | None = seat.unit
            if unit is None or not unit.open:
                unit = seat.unit = AmbientUnit(name_of(sys._getframe(1)))
                self._ledger.adopt(unit)
                if unit.open:
                    self._units[unit] = weakref.ref(seat)
            unit.last_ns = now_ns()
            return unit
        except Exception:
            self._guard.failed()
            return None

    def sweep(self, now: int) -> None:
        """End what paused, what lasts too long in one piece, and what has no thread any more."""
        for unit, find in list(self._units.items()):
            seat = find()
            paused = now - unit.last_ns > PAUSE_NS
            if paused or seat is None or now - unit.began_ns > LONGEST_NS:
                del self._units[unit]
                if seat is not None:
                    seat.unit = None
                self._ledger.end(unit)
                unit.ended_ns = unit.last_ns


def name_of(frame: FrameType | None) -> str:
    """The outermost application function of a thread: `shop/sync.py poll`.

    Not the thread's name, which the application may have made of anything.
    """
    outermost = fallback = ""
    while frame is not None:
        code = frame.f_code
        place = f"{'/'.join(code.co_filename.rsplit('/', 2)[-2:])} {code.co_name}"
        if is_app(code):
            outermost = place
        fallback, frame = place, frame.f_back
    return outermost or fallback
