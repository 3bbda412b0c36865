"""What queries with the same SQL, site, relation and origin have in common, per route or task."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from djscope.feed.shapes import Group
from djscope.model.families import SAMPLES, Families, Family
from djscope.model.processes import remember
from djscope.model.tally import Added, Tally, added, together
from djscope.model.units import UnitFact, UnitKey

# More different queries than this are counted, not kept.
MAX_STATS = 20_000
QueryKey = tuple[str, str, str, str, str, str, str]


class Sample(NamedTuple):
    """One unit: its process, queries, distinct parameter sets, lazy loads of one evaluation, and
    the most queries that one stack asked for, as far as stacks were told apart.
    """

    process: str
    n: int
    params: int
    peak: int
    most: int


@dataclass(slots=True, eq=False)
class QueryStat(Tally):
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
    processes: set[str] = field(default_factory=set)
    # The last units that ended.
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=SAMPLES))
    # Those under way, so far: all there is to judge by before one ended.
    under_way: dict[UnitKey, Sample] = field(default_factory=dict)
    parents: int = 0
    sample: UnitFact | None = None

    @property
    def key(self) -> QueryKey:
        return query_key(self.unit_kind, self.name_id, self)

    def known(self) -> Iterable[Sample]:
        """Units to judge by."""
        return self.samples or self.under_way.values()

    def per_unit(self) -> list[int]:
        return [sample.n for sample in self.known()]

    def median_peak(self) -> int:
        """Lazy loads that rows of one evaluation caused (median of the last units)."""
        return int(median([sample.peak for sample in self.known()] or [0]))

    def median_distinct(self) -> int:
        """Distinct parameter sets per unit (median); -1 when they could not be compared."""
        return int(median([sample.params for sample in self.known()] or [-1]))

    def median_most(self) -> int:
        """Queries per unit that nothing tells apart (median)."""
        return int(median([sample.most for sample in self.known()] or [0]))

    def grew(self, group: Group, most: int, more: Added, fact: UnitFact, *, new: bool) -> None:
        """Take over what `group` adds to the unit's previous revision, or brings if it is `new`."""
        self.add(more, unit=new)
        self.stack_id, self.database = group.stack_id or self.stack_id, group.database
        self.note = group.note
        remember(self.processes, fact.process)
        self.parents = max(self.parents, group.parents)
        if self.sample is None or not self.sample.running or self.sample.key == fact.key:
            self.sample = fact
        sample = Sample(fact.process, group.n, group.params, group.peak, most)
        if fact.running:
            self.under_way[fact.key] = sample
        else:
            self.samples.append(sample)
            self.under_way.pop(fact.key, None)


def query_key(unit_kind: str, name_id: str, group: Group | QueryStat) -> QueryKey:
    """What makes two groups of queries the same, across units and processes."""
    return (
        unit_kind, name_id, group.sql_id, group.site_id, group.access,
        group.relation_id, group.origin_id,
    )  # fmt: skip


def by_key(fact: UnitFact) -> dict[QueryKey, tuple[Group, int]]:
    """A unit's groups, those put together that differ by their stack alone (deep), with the number
    of queries in the largest of them.
    """
    found: dict[QueryKey, tuple[Group, int]] = {}
    kind, name_id = fact.kind, fact.unit.name_id
    for group in fact.unit.groups:
        key = query_key(kind, name_id, group)
        known = found.get(key)
        if known is None:
            found[key] = (group, group.most or group.n)
        else:
            found[key] = (together(known[0], group), max(known[1], group.most or group.n))
    return found


class QueryTable:
    """All query statistics and their families; knows each running unit's last revision to count
    only what is new.
    """

    def __init__(self) -> None:
        self.stats: dict[QueryKey, QueryStat] = {}
        self.families = Families()
        self.left_out = 0
        self._before: dict[UnitKey, dict[QueryKey, Group]] = {}

    def apply(self, fact: UnitFact) -> None:
        """Count what this revision of a unit adds."""
        before = self._before.pop(fact.key, {})
        counted = {family for key in before for family in self.families.known(key)}
        latest: dict[QueryKey, Group] = {}
        sums: dict[Family, int] = {}
        for key, (group, most) in by_key(fact).items():
            stat = self.stats.get(key) or self._new(key)
            if stat is None:
                self.left_out += 1
                continue
            was = before.get(key)
            latest[key] = group
            more = added(group, was, fact.seen_at)
            stat.grew(group, most, more, fact, new=was is None)
            for family in self.families.known(key):
                family.add(more, unit=family not in sums and family not in counted)
                sums[family] = sums.get(family, 0) + group.n
        if fact.running:
            # A revision carries the unit's largest groups: one that it leaves out may come back.
            self._before[fact.key] = before | latest
        for family, n in sums.items():
            family.counted(fact.key, n, running=fact.running)

    def reset(self) -> None:
        """Count from now; of units under way what they do from now on."""
        self.stats.clear()
        self.families = Families()
        self.left_out = 0

    def forget(self, key: UnitKey) -> None:
        """The unit will not report again (its process is gone)."""
        for query in self._before.pop(key, {}):
            if query in self.stats:
                self.stats[query].under_way.pop(key, None)
            for family in self.families.known(query):
                family.under_way.pop(key, None)

    def _new(self, key: QueryKey) -> QueryStat | None:
        if len(self.stats) >= MAX_STATS:
            return None
        stat = self.stats[key] = QueryStat(*key)
        self.families.join(stat)
        return stat
