"""Armed: instruments in, units recorded. Off: every original back."""

from __future__ import annotations

import sys
import time
from typing import Any

from djscope_probes import wire
from djscope_probes.adoption import Adoption
from djscope_probes.definitions import Definitions
from djscope_probes.guard import Guard
from djscope_probes.instruments import Instrument
from djscope_probes.instruments.callers import CallersInstrument
from djscope_probes.instruments.queries import QueriesInstrument
from djscope_probes.instruments.requests import RequestsInstrument
from djscope_probes.instruments.tasks import TasksInstrument
from djscope_probes.ledger import Ledger
from djscope_probes.records import record
from djscope_probes.stacks import stack_from
from djscope_probes.units import Unit, now_ns

# A unit that lasts reports its state so far, this often.
REVISION_NS = 1_000_000_000
# Modules that are half loaded when their number last changed are whole some turns later.
GROWING_TURNS = 10
# One that lasts this long is looked at: with a look each second none of 1.3 s is missed.
LASTS_NS = 300_000_000
REPORT_NS = 5_000_000_000


class Armament:
    """All instruments of one process, kept over arms so that a tripped guard stays tripped."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.guard = Guard("probe")
        self.level = "off"
        self.defs = Definitions()
        self._armed_at = 0.0
        self._instruments: list[Instrument] = [
            CallersInstrument(),
            QueriesInstrument(),
            RequestsInstrument(),
            TasksInstrument(),
        ]
        self._adoption: Adoption | None = None
        self._modules = self._turns = 0
        self._revised_ns = 0
        self._reported_ns = 0
        self._cpu_ns = 0
        self._bytes = 0

    @property
    def armed(self) -> bool:
        return self.level != "off"

    @property
    def wrapped(self) -> int:
        """How many wrappers and receivers are in."""
        return sum(instrument.patches.count for instrument in self._instruments)

    def arm(self, level: str) -> None:
        """Put the instruments in; adopt what is under way."""
        self.level, self._armed_at = level, time.time()
        self.defs = Definitions()
        self._revised_ns = now_ns()
        self._reported_ns = 0
        self._modules = self._turns = 0
        for instrument in self._instruments:
            instrument.arm(self.ledger)
        self._reach()
        try:
            self._adoption = Adoption(self.ledger)
            self._adoption.adopt()
        except Exception:
            self.guard.failed()

    def disarm(self) -> None:
        """Put every original back and let go of all units."""
        self.level = "off"
        for instrument in reversed(self._instruments):
            instrument.patches.restore()
        self._adoption = None
        self.ledger.clear()

    def collect(self, cpu_ns: int, sent_bytes: int) -> list[str]:
        """Events since the last call, as JSON. The arguments are the probe's own cost so far."""
        events: list[str] = []
        self._reach()
        for instrument in self._instruments:
            if instrument.guard.tripped and instrument.patches.count:
                instrument.patches.restore()
        if self._adoption is not None:
            self._adoption.sweep()
        ended = self.ledger.ended
        while ended:
            self._record(ended.popleft(), events)
        now = now_ns()
        if now - self._revised_ns >= REVISION_NS:
            self._revise(now, events)
        if now - self._reported_ns >= REPORT_NS:
            self._reported_ns = now
            events.append(self.report(cpu_ns, sent_bytes))
        return events

    def _reach(self) -> None:
        """Put the instruments into what is loaded now, while that still grows."""
        count = len(sys.modules)
        if count != self._modules:
            self._modules, self._turns = count, GROWING_TURNS
        if self._turns == 0:
            return
        self._turns -= 1
        for instrument in self._instruments:
            try:
                if not instrument.guard.tripped:
                    instrument.reach()
            except Exception:
                instrument.guard.failed()

    def _record(self, unit: Unit, events: list[str], now_id: str = "") -> None:
        try:
            event = record(unit, self.defs, now_id)
        except Exception:
            self.guard.failed()
            return
        if event is not None:
            events.append(event)

    def _revise(self, now: int, events: list[str]) -> None:
        """Units that last: their state so far, and the line where they are now."""
        self._revised_ns = now
        lasting = [u for u in list(self.ledger.running.values()) if now - u.began_ns >= LASTS_NS]
        if not lasting:
            return
        frames = sys._current_frames()
        for unit in lasting:
            stack = stack_from(frames.get(unit.thread))
            if unit.asyncio_task is not None:
                stack = stack_of_task(unit.asyncio_task())
            self._record(unit, events, self.defs.stack(stack))

    def report(self, cpu_ns: int, sent_bytes: int) -> str:
        """How the probe fares, as an event."""
        guards = [self.guard, *(instrument.guard for instrument in self._instruments)]
        event = wire.ProbeReported(
            level=self.level,
            armed_at=round(self._armed_at, 3),
            units=self.ledger.total,
            running=len(self.ledger.running),
            errors=sum(guard.failures for guard in guards),
            off=[f"{guard.name}: {guard.last}" for guard in guards if guard.tripped],
            lost=[label for each in self._instruments for label in each.patches.lost],
            cpu_us=(cpu_ns - self._cpu_ns) // 1000,
            bytes=sent_bytes - self._bytes,
        )
        self._cpu_ns, self._bytes = cpu_ns, sent_bytes
        return wire.event_json(event)


def stack_of_task(task: Any) -> list[wire.StackFrame]:
    """Where an asyncio task stands: down the coroutines it awaits, innermost first."""
    found: list[wire.StackFrame] = []
    waits = task.get_coro() if task is not None else None
    while waits is not None:
        frame = getattr(waits, "cr_frame", None) or getattr(waits, "gi_frame", None)
        if frame is not None:
            found = stack_from(frame)[:1] + found
        waits = getattr(waits, "cr_await", None) or getattr(waits, "gi_yieldfrom", None)
    return found
