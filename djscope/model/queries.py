"""What queries with the same SQL, site, relation and origin have in common, per route or task."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from statistics import median

from djscope.feed.shapes import Group
from djscope.model.histogram import Histogram
from djscope.model.processes import remember
from djscope.model.units import UnitFact, UnitKey

# Counts per unit that medians are taken over.
SAMPLES = 200
# More different queries than this are counted, not kept.
MAX_STATS = 20_000
QueryKey = tuple[str, str, str, str, str, str, str]


@dataclass(slots=True)
class QueryStat:
    """Totals since the viewer came; `unit_kind` and `name_id` say whose queries they are."""

    unit_kind: str
    name_id: str
    sql_id: str
    site_id: str
    access: str
    relation_id: str
    origin_id: str
    stack_id: str = ""
    database: str = ""
    note: str = ""
    units: int = 0
    n: int = 0
    total_us: int = 0
    fetch_us: int = 0
    max_us: int = 0
    rows: int = 0
    hist: Histogram = field(default_factory=Histogram)
    first_at: float = 0.0
    last_at: float = 0.0
    processes: set[str] = field(default_factory=set)
    # Of units that ended: queries, distinct parameter sets, lazy loads of one evaluation.
    per_unit: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    distinct: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    peaks: deque[int] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    # The same of units under way: all there is to judge by before one ended.
    under_way: dict[UnitKey, Group] = field(default_factory=dict)
    parents: int = 0
    sample: UnitFact | None = None

    @property
    def key(self) -> QueryKey:
        return query_key(self.unit_kind, self.name_id, self)

    def quantile_us(self, q: float) -> int:
        """Microseconds to execute, without fetching rows."""
        return self.hist.quantile(q, self.max_us)

    def median_per_unit(self) -> int:
        """Queries per unit that has any (median of the last units)."""
        return int(median(self.per_unit or [group.n for group in self.under_way.values()] or [0]))

    def median_peak(self) -> int:
        """Lazy loads that rows of one evaluation caused (median of the last units)."""
        return int(median(self.peaks or [group.peak for group in self.under_way.values()] or [0]))

    def median_distinct(self) -> int:
        """Distinct parameter sets per unit (median); -1 when they could not be compared."""
        known = self.distinct or [group.params for group in self.under_way.values()]
        return int(median(known or [-1]))

    def grew(self, group: Group, before: Group | None, fact: UnitFact) -> None:
        """Take over what `group` adds to the unit's previous revision."""
        self.n += group.n - (before.n if before else 0)
        self.total_us += group.total_us - (before.total_us if before else 0)
        self.fetch_us += group.fetch_us - (before.fetch_us if before else 0)
        self.rows += group.rows - (before.rows if before else 0)
        self.hist.merge(group.hist)
        if before:
            self.hist.merge(before.hist, -1)
        else:
            self.units += 1
        self.max_us = max(self.max_us, group.max_us)
        self.stack_id, self.database = group.stack_id or self.stack_id, group.database
        self.note = group.note
        self.first_at = self.first_at or fact.seen_at
        self.last_at = fact.seen_at
        remember(self.processes, fact.process)
        self.parents = max(self.parents, group.parents)
        if self.sample is None or not self.sample.running or self.sample.key == fact.key:
            self.sample = fact

    def settled(self, group: Group) -> None:
        """The unit ended."""
        self.per_unit.append(group.n)
        self.distinct.append(group.params)
        self.peaks.append(group.peak)


def query_key(unit_kind: str, name_id: str, group: Group | QueryStat) -> QueryKey:
    """What makes two groups of queries the same, across units and processes."""
    return (
        unit_kind, name_id, group.sql_id, group.site_id, group.access,
        group.relation_id, group.origin_id,
    )  # fmt: skip


class QueryTable:
    """All query statistics; knows each running unit's last revision to count only what is new."""

    def __init__(self) -> None:
        self.stats: dict[QueryKey, QueryStat] = {}
        self.left_out = 0
        self._before: dict[UnitKey, dict[QueryKey, Group]] = {}

    def apply(self, fact: UnitFact) -> list[QueryStat]:
        """Count what this revision of a unit adds; returns what changed."""
        before = self._before.pop(fact.key, {})
        changed = []
        latest: dict[QueryKey, Group] = {}
        for group in fact.unit.groups:
            key = query_key(fact.kind, fact.unit.name_id, group)
            stat = self.stats.get(key)
            if stat is None:
                if len(self.stats) >= MAX_STATS:
                    self.left_out += 1
                    continue
                stat = self.stats[key] = QueryStat(*key)
            latest[key] = group
            stat.grew(group, before.get(key), fact)
            if fact.running:
                stat.under_way[fact.key] = group
            else:
                stat.settled(group)
                stat.under_way.pop(fact.key, None)
            changed.append(stat)
        if fact.running:
            self._before[fact.key] = latest
        return changed

    def reset(self) -> None:
        """Count from now; of units under way what they do from now on."""
        self.stats.clear()
        self.left_out = 0

    def forget(self, key: UnitKey) -> None:
        """The unit will not report again (its process is gone)."""
        for query in self._before.pop(key, {}):
            if query in self.stats:
                self.stats[query].under_way.pop(key, None)
