"""What requests of one route, or runs of one task, have in common."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from djscope.model.histogram import Histogram
from djscope.model.payloads import PayloadStat
from djscope.model.processes import remember
from djscope.model.rate import Rate
from djscope.model.units import UnitFact

RECENT = 50
# A route remembers how much each of so many processes served: those that came last.
SERVED = 500


@dataclass(slots=True)
class Failure:
    """Failures of one route with the same exception at the same place: final ones and retried."""

    exception: str
    outcome: str
    site_id: str
    n: int = 0
    retried: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    sample: UnitFact | None = None


@dataclass(slots=True)
class RouteStat:
    """Totals since the viewer came, in microseconds.

    `kind` is `request`, `task`, `command` or `thread`. `wait`: of tasks whose wait is known.
    """

    kind: str
    name_id: str
    view_id: str = ""
    method: str = ""
    n: int = 0
    wall: Histogram = field(default_factory=Histogram)
    # Until the response was there: what streaming takes is the client's time.
    answered: Histogram = field(default_factory=Histogram)
    wait: Histogram = field(default_factory=Histogram)
    wait_max_us: int = 0
    wall_us: int = 0
    cpu_us: int = 0
    sql_us: int = 0
    queries: int = 0
    max_us: int = 0
    failed: int = 0
    retried: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    rate: Rate = field(default_factory=Rate)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, str], Failure] = field(default_factory=dict)
    processes: set[str] = field(default_factory=set)
    # Process → units that ended in it, and when it was first heard of here.
    served: dict[str, tuple[int, float]] = field(default_factory=dict)
    recent: deque[UnitFact] = field(default_factory=lambda: deque(maxlen=RECENT))
    worst: UnitFact | None = None
    # The stack at which a unit that lasted was last seen.
    seen_at_id: str = ""
    queue: str = ""
    payload: PayloadStat = field(default_factory=PayloadStat)

    def quantile_us(self, q: float) -> int:
        """Microseconds of wall time: exact while all units are at hand."""
        if 0 < self.n <= len(self.recent):
            return exact([fact.unit.wall_us for fact in self.recent], q)
        return self.wall.quantile(q, self.max_us)

    def answer_us(self, q: float) -> int:
        """Microseconds until the response was there: exact while all units are at hand."""
        if 0 < self.n <= len(self.recent):
            return exact([fact.answer_us for fact in self.recent if fact.outcome], q)
        return self.answered.quantile(q, self.max_us)

    def ended(self, fact: UnitFact) -> None:
        """Count a unit that ended."""
        unit = fact.unit
        self.n += 1
        self.wall.add(unit.wall_us)
        if fact.outcome:
            self.answered.add(fact.answer_us)
        self.wall_us += unit.wall_us
        self.cpu_us += max(unit.cpu_us, 0)
        self.sql_us += unit.sql_us + unit.fetch_us
        self.queries += unit.queries
        self.first_at = self.first_at or fact.seen_at
        self.last_at = fact.seen_at
        self.rate.add(fact.seen_at)
        self.outcomes[fact.outcome] += 1
        remember(self.processes, fact.process)
        self._serve(fact)
        self.recent.append(fact)
        self.view_id, self.method = fact.view_id or self.view_id, fact.method or self.method
        if fact.wait_us >= 0:
            self.wait.add(fact.wait_us)
            self.wait_max_us = max(self.wait_max_us, fact.wait_us)
        self.queue = fact.queue or self.queue
        if fact.payload is not None:
            self.payload.add(fact, fact.payload)
        self.seen_at_id = fact.last_now_id or self.seen_at_id
        self.retried += fact.outcome == "RETRY"
        if unit.wall_us >= self.max_us:
            self.max_us, self.worst = unit.wall_us, fact
        if fact.failed or (fact.outcome == "RETRY" and unit.exception):
            self._count_failure(fact)

    def _serve(self, fact: UnitFact) -> None:
        n, since = self.served.get(fact.process, (0, fact.seen_at))
        self.served[fact.process] = (n + 1, since)
        if len(self.served) > SERVED:
            del self.served[next(iter(self.served))]

    def _count_failure(self, fact: UnitFact) -> None:
        key = (fact.unit.exception, fact.unit.site_id)
        failure = self.failures.get(key)
        if failure is None:
            failure = Failure(fact.unit.exception, fact.outcome, fact.unit.site_id)
            failure.first_at = fact.seen_at
            self.failures[key] = failure
        if not fact.failed:
            failure.retried += 1
            return
        self.failed += 1
        failure.n += 1
        failure.last_at = fact.seen_at
        failure.sample = fact


def exact(values: list[int], q: float) -> int:
    """The `q` quantile of a few values; 0 without any."""
    return sorted(values)[min(int(q * len(values)), len(values) - 1)] if values else 0
