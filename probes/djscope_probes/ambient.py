"""Queries outside of any request, task or command: booked on the thread that makes them.

A thread's ambient unit ends when it paused, so that a loop which polls each few seconds makes one
per turn; one that never pauses is cut into pieces. Where the governor has one unit in some
recorded, pieces are short.
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
from djscope_probes.told import told_file
from djscope_probes.units import AmbientUnit, Unit

PAUSE_NS = 2_000_000_000
LONGEST_NS = 60_000_000_000
SHORT_NS = 100_000_000


class Seat:
    """A thread's own, which goes when the thread does: identifiers are given to the next one."""

    __slots__ = ("__weakref__", "unit", "until_ns")

    def __init__(self) -> None:
        self.unit: AmbientUnit | None = None
        # Until then it is recorded as a part of that unit; without one, not at all.
        self.until_ns = 0


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
            now, unit = now_ns(), seat.unit
            if now >= seat.until_ns or (unit is not None and not unit.open):
                unit = self._begin(seat, now)
            if unit is not None:
                unit.last_ns = now
            return unit
        except Exception:
            self._guard.failed()
            return None

    def _begin(self, seat: Seat, now: int) -> AmbientUnit | None:
        if seat.unit is not None:
            self._end(seat.unit)
            seat.unit = None
        if self._ledger.its_turn():
            seat.unit = AmbientUnit(name_of(sys._getframe(2)))
            self._ledger.adopt(seat.unit)
            if seat.unit.open:
                self._units[seat.unit] = weakref.ref(seat)
        seat.until_ns = now + self._longest
        return seat.unit

    @property
    def _longest(self) -> int:
        return LONGEST_NS if self._ledger.one_in == 1 else SHORT_NS

    def sweep(self, now: int) -> None:
        """End what paused, what lasts too long in one piece, and what has no thread any more."""
        for unit, find in list(self._units.items()):
            seat = find()
            paused = now - unit.last_ns > PAUSE_NS
            if paused or seat is None or now - unit.began_ns > self._longest:
                if seat is not None and seat.unit is unit:
                    seat.unit, seat.until_ns = None, 0
                self._end(unit)

    def _end(self, unit: AmbientUnit) -> None:
        if self._units.pop(unit, None) is not None:
            self._ledger.end(unit)
            unit.ended_ns = unit.last_ns


def name_of(frame: FrameType | None) -> str:
    """The outermost application function of a thread: `shop/sync.py poll`.

    Not the thread's name, which the application may have made of anything.
    """
    outermost = fallback = ""
    while frame is not None:
        code = frame.f_code
        place = f"{'/'.join(told_file(code.co_filename).rsplit('/', 2)[-2:])} {code.co_name}"
        if is_app(code):
            outermost = place
        fallback, frame = place, frame.f_back
    return outermost or fallback
