"""What hops of one route, line, target and executor have in common."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from djscope.feed.shapes import Hop
from djscope.model.processes import remember
from djscope.model.units import UnitFact

TO_THREAD, TO_LOOP = "sync_to_async", "async_to_sync"
SAMPLES = 50
# More different ones than this are left out: routes times lines.
MAX_STATS = 5_000
HopKey = tuple[str, str, str, str, str]


@dataclass(slots=True, eq=False)
class HopStat:
    """Totals since the viewer came, in microseconds, of requests that ended.

    `wait_us` is until a hop ran, `run_us` until that was done, `resume_us` until its caller went
    on. `site_id` is empty where Django made the hop: then the target says what for.
    """

    name_id: str
    kind: str
    site_id: str
    target_id: str
    executor: str
    units: int = 0
    n: int = 0
    wait_us: int = 0
    wait_max_us: int = 0
    run_us: int = 0
    resume_us: int = 0
    first_at: float = 0.0
    last_at: float = 0.0
    processes: set[str] = field(default_factory=set)
    # Of the last requests: how many, and microseconds that all of one waited and ran.
    counts: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    waits: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    runs: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    walls: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    worst: UnitFact | None = None

    @property
    def key(self) -> HopKey:
        return (self.name_id, self.kind, self.site_id, self.target_id, self.executor)

    @property
    def n_p50(self) -> int:
        """Hops of the median request."""
        return int(median(self.counts or [0]))

    @property
    def wait_p50(self) -> int:
        """Microseconds that all of them waited in the median request."""
        return int(median(self.waits or [0]))

    @property
    def run_p50(self) -> int:
        return int(median(self.runs or [0]))

    @property
    def wall_p50(self) -> int:
        return int(median(self.walls or [0]))

    def add(self, hop: Hop, fact: UnitFact) -> None:
        self.units += 1
        self.n += hop.n
        self.wait_us += hop.wait_us
        self.run_us += hop.run_us
        self.resume_us += hop.resume_us
        self.counts.append(hop.n)
        self.waits.append(hop.wait_us)
        self.runs.append(hop.run_us)
        self.walls.append(fact.unit.wall_us)
        self.first_at = self.first_at or fact.seen_at
        self.last_at = fact.seen_at
        remember(self.processes, fact.process)
        if self.worst is None or hop.wait_max_us >= self.wait_max_us:
            self.worst = fact
        self.wait_max_us = max(self.wait_max_us, hop.wait_max_us)


class HopTable:
    """All of them, by route, kind, line, target and executor."""

    def __init__(self) -> None:
        self.stats: dict[HopKey, HopStat] = {}

    def ended(self, fact: UnitFact) -> None:
        """Count the hops of a request that ended."""
        for hop in fact.hops:
            key = (fact.unit.name_id, hop.kind, hop.site_id, hop.target_id, hop.executor)
            stat = self.stats.get(key)
            if stat is None:
                if len(self.stats) >= MAX_STATS:
                    continue
                stat = self.stats[key] = HopStat(*key)
            stat.add(hop, fact)


def hop_count(fact: UnitFact) -> int:
    """All passages of one request, to threads and to loops."""
    return sum(hop.n for hop in fact.hops)


def lost_us(hops: Iterable[Hop]) -> int:
    """What waiting for a thread and for the caller's turn took; loops tell of no wait."""
    return sum(hop.wait_us + hop.resume_us for hop in hops)
