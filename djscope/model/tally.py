"""What is counted of queries, whichever way they are put together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from msgspec.structs import replace

from djscope.feed.shapes import Group
from djscope.model.histogram import Histogram
from djscope.model.window import SLICE_S, Lately, Mark, first_within, slice_of, within


class Added(NamedTuple):
    """What a revision of a unit adds to the one before; times in microseconds, `at` in seconds."""

    at: float
    n: int
    total_us: int
    fetch_us: int
    max_us: int
    rows: int
    hist: list[tuple[int, int]]


def added(group: Group, before: Group | None, at: float) -> Added:
    """The difference; all of it when nothing came before."""
    if before is None:
        return Added(
            at, group.n, group.total_us, group.fetch_us, group.max_us, group.rows, group.hist
        )
    counts = dict(group.hist)
    for bucket, count in before.hist:
        counts[bucket] = counts.get(bucket, 0) - count
    return Added(
        at, group.n - before.n, group.total_us - before.total_us, group.fetch_us - before.fetch_us,
        group.max_us, group.rows - before.rows, [pair for pair in counts.items() if pair[1]],
    )  # fmt: skip


def together(one: Group, other: Group) -> Group:
    """Two groups as one; how many parameter sets they share is not known."""
    counts = Counter(dict(one.hist)) + Counter(dict(other.hist))
    known = one.params >= 0 and other.params >= 0
    return replace(
        one,
        n=one.n + other.n,
        total_us=one.total_us + other.total_us,
        max_us=max(one.max_us, other.max_us),
        fetch_us=one.fetch_us + other.fetch_us,
        rows=one.rows + other.rows,
        params=one.params + other.params if known else -1,
        hist=list(counts.items()),
        peak=max(one.peak, other.peak),
        parents=max(one.parents, other.parents),
    )


@dataclass(slots=True, eq=False)
class Tally:
    """Since the viewer came. `marks`: the totals when each slice of the last minute began in which
    anything happened, so that counting pays for a window ten seconds apart.
    """

    units: int = field(default=0, init=False)
    n: int = field(default=0, init=False)
    total_us: int = field(default=0, init=False)
    fetch_us: int = field(default=0, init=False)
    max_us: int = field(default=0, init=False)
    rows: int = field(default=0, init=False)
    hist: Histogram = field(default_factory=Histogram, init=False)
    first_at: float = field(default=0.0, init=False)
    last_at: float = field(default=0.0, init=False)
    marks: tuple[Mark, ...] = field(default=(), init=False)

    def add(self, more: Added, *, unit: bool) -> None:
        """Count what came; `unit`: of one that had no such queries before."""
        at, n, total_us, fetch_us, max_us, rows, hist = more
        if not self.marks or self.marks[-1].slice != int(at) // SLICE_S:
            self._mark(at)
        self.units += unit
        self.n += n
        self.total_us += total_us
        self.fetch_us += fetch_us
        self.rows += rows
        self.max_us = max(self.max_us, max_us)
        self.hist.merge(hist)
        self.last_at = at

    def _mark(self, at: float) -> None:
        now = slice_of(at)
        mark = Mark(now, self.units, self.n, self.total_us, tuple(self.hist.counts))
        self.marks = (*within(self.marks, now), mark)
        self.first_at = self.first_at or at

    def n_lately(self, now: float) -> int:
        """Queries over the last minute or so."""
        since = first_within(self.marks, slice_of(now))
        return self.n - since.n if since else 0

    def total_us_lately(self, now: float) -> int:
        """What those took to execute."""
        since = first_within(self.marks, slice_of(now))
        return self.total_us - since.total_us if since else 0

    def lately(self, now: float) -> Lately:
        """All that is known of the last minute or so."""
        since, hist = first_within(self.marks, slice_of(now)), Histogram()
        if since is None:
            return Lately()
        hist.counts = [n - before for n, before in zip(self.hist.counts, since.counts, strict=True)]
        hist.n = sum(hist.counts)
        return Lately(
            self.units - since.units, self.n - since.n, self.total_us - since.total_us, hist
        )

    def quantile_us(self, q: float) -> int:
        """Microseconds to execute, without fetching rows."""
        return self.hist.quantile(q, self.max_us)

    def per_unit(self) -> list[int]:
        """Queries in each of the last units that had any."""
        raise NotImplementedError

    def median_per_unit(self) -> int:
        """Queries per unit that has any (median of the last units)."""
        return int(median(self.per_unit() or [0]))
