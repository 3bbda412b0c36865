"""Armed: instruments in, units recorded. Off: every original back."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from djscope_probes import forks, ownership, settings, stacks, wire
from djscope_probes.adoption import Adoption
from djscope_probes.ambient import Ambient
from djscope_probes.clock import now_ns, unix
from djscope_probes.concurrency import units_at_once
from djscope_probes.coroutines import stack_of_task
from djscope_probes.definitions import Definitions
from djscope_probes.frames import current_frames
from djscope_probes.governor import Governor
from djscope_probes.guard import Guard
from djscope_probes.hops import fresh
from djscope_probes.instruments import Instrument
from djscope_probes.instruments.hops import HopsInstrument
from djscope_probes.instruments.loops import LoopsInstrument
from djscope_probes.instruments.middleware import MiddlewareInstrument
from djscope_probes.instruments.payloads import PayloadsInstrument
from djscope_probes.instruments.queries import QueriesInstrument
from djscope_probes.instruments.requests import RequestsInstrument
from djscope_probes.instruments.tasks import TasksInstrument
from djscope_probes.instruments.work import WorkInstrument
from djscope_probes.ledger import Ledger
from djscope_probes.outbox import Passing
from djscope_probes.records import record
from djscope_probes.units import AmbientUnit, RequestUnit, Unit, book_outside, nowhere

# A unit that lasts reports its state so far, this often.
REVISION_NS = 1_000_000_000
# About what a query costs that goes the short way, see tests.benchmarks: it is not measured then.
SHORT_NS = 5_000
# The same of a pass through a layer.
PASS_NS = 600
# What a hop costs to watch, see tests.benchmarks.hops.
HOP_NS = 5_000
# Modules that are half loaded when their number last changed are whole some turns later.
GROWING_TURNS = 10
# One that lasts this long is looked at: with a look each second none of 1.3 s is missed.
LASTS_NS = 300_000_000
REPORT_NS = 5_000_000_000


class Armament:
    """All instruments of one process, kept over arms so that a tripped guard stays tripped."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.ledger.abandon = self.disarm
        self.guard = Guard("probe")
        self.level = "off"
        self.defs = Definitions()
        self.governor = Governor(0, 0)
        self._armed_ns = 0
        middleware = MiddlewareInstrument()
        self._loops = LoopsInstrument()
        self._instruments: list[Instrument] = [
            HopsInstrument(),
            QueriesInstrument(),
            RequestsInstrument(middleware.enter),
            middleware,
            PayloadsInstrument(),
            TasksInstrument(),
            WorkInstrument(),
            self._loops,
        ]
        self._adoption: Adoption | None = None
        self._ambient: Ambient | None = None
        self._concurrency = 0
        self._modules = self._turns = 0
        self._revised_ns = 0
        self._reported_ns = 0
        self._told_ns = self._told_bytes = 0

    @property
    def armed(self) -> bool:
        return self.level != "off"

    @property
    def wrapped(self) -> int:
        """How many wrappers and receivers are in, and what else goes on."""
        return sum(instrument.patches.count for instrument in self._instruments)

    def arm(self) -> None:
        """Put the instruments in; adopt what is under way."""
        self.level, self._armed_ns = "watch", now_ns()
        forks.in_children(self._forked)
        self.governor = Governor(now_ns(), self._cost_ns())
        self.ledger.one_in = 1
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
            self._ambient = Ambient(self.ledger, self.guard)
            book_outside(self._ambient.unit)
            self._concurrency = units_at_once()
        except Exception:
            self.guard.failed()
        self.ledger.resume()

    def deepen(self, targets: Iterable[tuple[str, str]], process: str) -> None:
        """Collect all there is for these (kind, name), and no longer for others."""
        ledger, wanted = self.ledger, frozenset(targets)
        if wanted == ledger.deep:
            return
        ledger.deep, ledger.deep_all = wanted, ("process", process) in wanted
        self.level = "deep" if ledger.deep_all else "watch"
        self._reported_ns = 0
        for unit in list(ledger.running.values()):
            ledger.named(unit)

    def disarm(self) -> None:
        """Put every original back and let go of all units."""
        self.level = "off"
        book_outside(nowhere)
        self.ledger.deep, self.ledger.deep_all = frozenset(), False
        for instrument in reversed(self._instruments):
            while instrument.patches.count:
                try:
                    instrument.patches.restore()
                except Exception:  # the one that failed is out of the registry, the rest is not
                    instrument.guard.failed()
        self._adoption = self._ambient = None
        self.ledger.clear()
        forks.not_in_children(self._forked)

    def _forked(self) -> None:
        """A child has our wrappers, and not the thread that takes from them what they note."""
        for instrument in self._instruments:
            instrument.patches.heal()
        self.disarm()

    def collect(self, sent_bytes: int) -> list[str]:
        """Events since the last call, as JSON. `sent_bytes`: to Redis so far.

        What is taken out of the ledger counts as dropped until it is published.
        """
        events: list[str] = []
        self._reach()
        for instrument in self._instruments:
            if instrument.guard.tripped and instrument.patches.count:
                instrument.patches.restore()
        now = now_ns()
        self._govern(now)
        self._sweep(now)
        ended = self.ledger.ended
        while ended:
            unit = ended.popleft()
            self.ledger.dropped += 1
            if event := self._record(unit):
                events.append(event)
        try:
            if now - self._revised_ns >= REVISION_NS:
                self._revise(now, events)
            loops = self._loops.collect(now, self.defs)
            self.ledger.dropped += len(loops)
            events += loops
            if now - self._reported_ns >= REPORT_NS:
                self._reported_ns = now
                events.append(self.report(sent_bytes))
        except Exception:
            self.guard.failed()
        return events

    def _sweep(self, now: int) -> None:
        try:
            if self._adoption is not None:
                self._adoption.sweep()
            if self._ambient is not None:
                self._ambient.sweep(now)
        except Exception:
            self.guard.failed()

    def settle(self) -> None:
        """The process ends: what has no end that we would see is over now."""
        self._loops.hurry()
        for unit in list(self.ledger.running.values()):
            if unit.adopted or isinstance(unit, AmbientUnit):
                self.ledger.vanish(unit)

    def _govern(self, now: int) -> None:
        before = self.governor.why
        self.governor.judge(now, self._cost_ns())
        if self.ledger.one_in != self.governor.one_in:
            self.ledger.thin(self.governor.one_in)
        if self.governor.why != before:
            self._reported_ns = 0

    def _cost_ns(self) -> int:
        """CPU of the probe's thread, which calls this, and of the hooks as sampled."""
        return time.thread_time_ns() + self.ledger.hooks_ns

    def _settle(self) -> None:
        """Whose code is whose, as the host says by now."""
        try:
            if ownership.settle(settings.libraries(), settings.project()):
                stacks.forget()
        except Exception:
            self.guard.failed()

    def _reach(self) -> None:
        """Put the instruments into what is loaded now, while that still grows."""
        count = len(sys.modules)
        if count != self._modules:
            self._modules, self._turns = count, GROWING_TURNS
        if self._turns == 0:
            return
        self._turns -= 1
        self._settle()
        for instrument in self._instruments:
            try:
                if not instrument.guard.tripped:
                    instrument.reach()
            except Exception:
                instrument.guard.failed()

    def _record(self, unit: Unit, now_id: str = "") -> str:
        try:
            self.ledger.hooks_ns += unit.noted * SHORT_NS + len(unit.passes or ()) * PASS_NS
            if isinstance(unit, RequestUnit):
                self.ledger.hooks_ns += fresh(unit.hops) * HOP_NS
            return record(unit, self.defs, now_id)
        except Exception:
            self.guard.failed()
            return ""

    def _revise(self, now: int, events: list[str]) -> None:
        """Units that last: their state so far, and the line where they are now."""
        self._revised_ns = now
        lasting = [u for u in list(self.ledger.running.values()) if now - u.began_ns >= LASTS_NS]
        if not lasting:
            return
        frames = current_frames()
        for unit in lasting:
            if isinstance(unit, AmbientUnit):
                if unit.queries == unit.told:
                    continue
                unit.told = unit.queries
            stack = stacks.stack_from(frames.get(unit.thread))
            if unit.asyncio_task is not None:
                stack = stack_of_task(unit.asyncio_task(), frames)
            event = self._record(unit, self.defs.stack(stack))
            if event and unit.open:  # who ended meanwhile is told as one that ended
                events.append(Passing(event))

    def report(self, sent_bytes: int) -> Passing:
        """How the probe fares, as an event."""
        cost_ns = self._cost_ns()
        guards = [self.guard, *(instrument.guard for instrument in self._instruments)]
        event = wire.ProbeReported(
            level=self.level,
            armed_at=unix(self._armed_ns),
            units=self.ledger.total,
            running=len(self.ledger.running),
            errors=sum(guard.failures for guard in guards),
            off=[f"{guard.name}: {guard.last}" for guard in guards if guard.tripped],
            lost=[label for each in self._instruments for label in each.patches.lost],
            cpu_us=(cost_ns - self._told_ns) // 1000,
            bytes=sent_bytes - self._told_bytes,
            concurrency=self._concurrency,
            governed=self.governor.why,
        )
        self._told_ns, self._told_bytes = cost_ns, sent_bytes
        return Passing(wire.event_json(event))
