"""What a viewer knows: the only mutable state, changed by `apply` and `announce` alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import (
    Definition,
    LoopReported,
    ProbeReported,
    Process,
    SourceSent,
    StacksTaken,
    UnitRecorded,
)
from djscope.model.chains import ChainTable
from djscope.model.definitions import Definitions
from djscope.model.hops import HopTable
from djscope.model.loops import LoopTable
from djscope.model.middleware import LayerTable
from djscope.model.processes import ProcessFact, process_fact, unknown_process
from djscope.model.queries import MAX_STATS, QueryTable
from djscope.model.rate import Rate
from djscope.model.routes import RouteStat
from djscope.model.thresholds import DEFAULT, Thresholds
from djscope.model.units import UnitFact, UnitKey, unit_fact

# An armed probe reports each 5 s, a running unit each second: what is silent for longer is gone.
SILENT_S = 10.0
RECENT_UNITS = 500
# A process not heard of for this long is forgotten: a worker may use up thousands of children.
GONE_S = 300.0
ANSWERS = 50
# Who ends in order says that it is off; who does not may have had records that it did not send.
UNSAID = "{process} fell silent: the last it recorded, up to a fifth of a second, may be missing"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something is missing: frames that never came, events a probe dropped, Redis away.

    Where there are `n` of it, `what` begins with a word in the plural.
    """

    at: float
    what: str
    process: str = ""
    n: int = 0


class Session:
    """Facts since the viewer came. `now` is always given, in Redis seconds."""

    def __init__(self, thresholds: Thresholds = DEFAULT) -> None:
        self.thresholds = thresholds
        self.definitions = Definitions()
        self.processes: dict[str, ProcessFact] = {}
        self.routes: dict[tuple[str, str], RouteStat] = {}
        self.queries = QueryTable()
        self.layers = LayerTable()
        self.hops = HopTable()
        self.chains = ChainTable()
        self.loops = LoopTable()
        self.running: dict[UnitKey, UnitFact] = {}
        self.recent: deque[UnitFact] = deque(maxlen=RECENT_UNITS)
        self.gaps: deque[Gap] = deque(maxlen=100)
        # What probes replied to `stacks` and `source`, by the word that asked; the last few.
        self.answers: dict[str, StacksTaken | SourceSent] = {}
        self.query_rate = Rate()
        self.unit_rate = Rate()
        self.began_at = 0.0
        self.last_at = 0.0
        self.events = 0
        self.version = 0

    def apply(self, delivery: Delivery) -> None:
        """Take over one frame."""
        self.began_at = self.began_at or delivery.at
        self.last_at = max(self.last_at, delivery.at)
        self.version += 1
        process = self._process(delivery.process)
        process.seen_at = delivery.at
        self._note_gaps(process, delivery)
        for event in delivery.events:
            self.events += 1
            if isinstance(event, ProbeReported):
                process.report(event, delivery.at, delivery.skew)
            elif isinstance(event, StacksTaken | SourceSent):
                self._answer(event)
            elif isinstance(event, LoopReported):
                self._loop(event, delivery)
            else:
                self._unit(event, delivery)

    def announce(self, processes: Iterable[tuple[Process, float]], now: float) -> None:
        """Processes that announced themselves, with the Redis time when; forget the silent."""
        for fact in self.processes.values():
            fact.listed = False
        for shape, seen_at in processes:
            known = self.processes.get(shape.id)
            if known is None or not known.kind:
                self.processes[shape.id] = process_fact(shape)
                if known is not None:
                    self.processes[shape.id].inherit(known)
            fact = self.processes[shape.id]
            fact.seen_at, fact.listed = max(fact.seen_at, seen_at), True
        gone = {k for k, fact in self.processes.items() if now - fact.seen_at > GONE_S}
        for key in gone:
            del self.processes[key]
        self.loops.forget(gone)
        for process in self.processes.values():
            if process.armed and now - process.seen_at > SILENT_S:
                process.level = "silent"
                self.gap(now, UNSAID.format(process=process.name))
        for unit_key in [k for k, unit in self.running.items() if now - unit.seen_at > SILENT_S]:
            self.lose(unit_key, now)
        self.version += 1

    def define(self, key: str, value: Definition) -> None:
        """What an id stands for has become known."""
        self.definitions.add(key, value)
        self.version += 1

    def wanted(self) -> list[str]:
        """Ids in use whose definitions are not known yet."""
        return list(self.definitions.missing)

    def gap(self, at: float, what: str) -> None:
        """Something is known to be missing before `at`."""
        self.gaps.append(Gap(at, what))
        self.version += 1

    def reset(self, now: float) -> None:
        """Forget what was counted: from here on it is told whether a problem is still there."""
        self.routes.clear()
        self.queries.reset()
        self.layers.reset()
        self.hops, self.chains = HopTable(), ChainTable()
        self.loops.reset()
        self.recent.clear()
        self.gaps.clear()
        self.began_at = now
        self.version += 1

    def lose(self, key: UnitKey, now: float) -> None:
        """A running unit went silent: its process ended or its probe was turned off."""
        self.running.pop(key, None)
        self.queries.forget(key)
        self.gaps.append(Gap(now, "units under way went silent", key[0], 1))

    def broken(self, what: str, now: float) -> None:
        """A rule of ours failed; said once, not each second."""
        if all(gap.what != what for gap in self.gaps):
            self.gap(now, what)

    def out_of_touch(self) -> None:
        """Redis was away, or this viewer stood still: probes went off, what was under way is
        reported anew if it still is.
        """
        for process in self.processes.values():
            process.level, process.reported_at = "off", 0.0
        for key in list(self.running):
            del self.running[key]
            self.queries.forget(key)

    def watching(self) -> tuple[int, int]:
        """How many processes have reported that they are armed, and how many that they are off."""
        known = [process for process in self.processes.values() if process.reported_at]
        armed = sum(process.armed for process in known)
        return armed, len(known) - armed

    def route(self, fact: UnitFact) -> RouteStat:
        """The route or task that `fact` belongs to."""
        key = (fact.kind, fact.unit.name_id)
        stat = self.routes.get(key)
        if stat is None:
            stat = self.routes[key] = RouteStat(fact.kind, fact.unit.name_id)
            stat.first_at = fact.seen_at
        return stat

    def _process(self, process_id: str) -> ProcessFact:
        fact = self.processes.get(process_id)
        if fact is None:
            fact = self.processes[process_id] = unknown_process(process_id)
        return fact

    def _note_gaps(self, process: ProcessFact, delivery: Delivery) -> None:
        missed = delivery.seq - process.last_seq - 1
        if process.last_seq and delivery.seq > 1 and missed > 0:
            process.missed_frames += missed
            self.gaps.append(Gap(delivery.at, "frames missed", process.id, missed))
        # A probe counts on over lost links, and anew where it thinks that other viewers came.
        anew = delivery.dropped < process.dropped_told
        lost = delivery.dropped - (0 if anew else process.dropped_told)
        if lost:
            self.gaps.append(Gap(delivery.at, "events dropped by the probe", process.id, lost))
        process.dropped += lost
        process.last_seq, process.dropped_told = delivery.seq, delivery.dropped

    def _answer(self, event: StacksTaken | SourceSent) -> None:
        self.answers[event.request] = event
        if len(self.answers) > ANSWERS:
            del self.answers[next(iter(self.answers))]
        if isinstance(event, StacksTaken):
            for thread in event.threads:
                self.definitions.want(thread.stack_id)

    def _loop(self, event: LoopReported, delivery: Delivery) -> None:
        self.loops.apply(event, delivery.process, delivery.at)
        for block in event.blocks:
            self.definitions.want(block.stack_id)
            self.definitions.want(block.name_id)

    def _unit(self, event: UnitRecorded, delivery: Delivery) -> None:
        fact = unit_fact(event, delivery)
        before = self.running.get(fact.key)
        if before is not None:
            if before.unit.revision >= fact.unit.revision:
                return
            standing = (before.unit.now_id, before.unit.queries)
            if standing == (fact.unit.now_id, fact.unit.queries):
                fact.now_since = before.now_since
        fact.last_now_id = fact.unit.now_id or (before.last_now_id if before else "")
        self._want(fact)
        queries = fact.unit.queries - (before.unit.queries if before else 0)
        self.query_rate.add(delivery.at, queries)
        full = self.queries.left_out
        self.queries.apply(fact)
        if self.queries.left_out and not full:
            self.gap(delivery.at, f"more than {MAX_STATS:,} different queries: new ones left out")
        if fact.running:
            self.running[fact.key] = fact
            self.route(fact)
            return
        self.running.pop(fact.key, None)
        self.recent.append(fact)
        self.unit_rate.add(delivery.at)
        self.route(fact).ended(fact)
        self.layers.ended(fact)
        self.hops.ended(fact)
        self.chains.ended(fact)

    def _want(self, fact: UnitFact) -> None:
        want, unit = self.definitions.want, fact.unit
        for key in (unit.name_id, unit.site_id, unit.stack_id, unit.now_id, fact.view_id):
            want(key)
        for group in unit.groups:
            for key in (group.sql_id, group.site_id, group.stack_id, group.relation_id):
                want(key)
            want(group.origin_id)
        want(fact.chain_id)
        if fact.payload is not None:
            want(fact.payload.reader_id)
            want(fact.payload.builder_id)
        for hop in fact.hops:
            want(hop.site_id)
            want(hop.target_id)
            want(hop.held_id)
