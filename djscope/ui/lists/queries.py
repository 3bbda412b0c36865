"""Queries as a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from djscope.model.queries import QueryStat
from djscope.ui.cells import amount, location, quantiles, timing
from djscope.ui.columns import Column
from djscope.ui.details import query
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.severity import RANKS, flag, tone
from djscope.ui.spec import Spec

Rows = Callable[[Facts], Iterable[QueryStat]]


def all_queries(facts: Facts) -> Iterable[QueryStat]:
    return facts.session.queries.stats.values()


def queries(list_id: str, title: str, rows: Rows = all_queries) -> Spec[QueryStat]:
    """The most expensive first."""
    return Spec(
        list_id, title, rows, lambda s: s.key,
        lambda facts: _columns(facts, titled=rows is all_queries), nothing_yet("no queries yet"),
        query.opener, "total",
    )  # fmt: skip


def _columns(facts: Facts, titled: bool) -> Sequence[Column[QueryStat]]:
    named: Column[QueryStat] = Column(
        "route", "route/task", (10, 2, 3), lambda s: facts.text(s.name_id), tail=True
    )

    def rank(stat: QueryStat) -> float:
        finding = facts.finding_of(stat)
        return RANKS[finding.severity] if finding else 0

    return [
        Column(
            "finding", "finding", (7, 0, 1), lambda s: flag(facts.finding_of(s)),
            rank=rank, tone=lambda s: tone(facts.finding_of(s)),
        ),
        amount("n", "n", (5, 0, 4), lambda s: s.n),
        amount("unit", "/unit", (5, 0, 2), lambda s: s.median_per_unit()),
        timing("total", "total", (6, 0, 0), lambda s: s.total_us),
        *quantiles(lambda s: s.hist, lambda s: s.max_us, (5, 3, 6)),
        amount("rows", "rows", (6, 0, 7), lambda s: s.rows),
        *([named] if titled else []),
        location("site", "site", (15, 2, 1), lambda s: facts.place(s.site_id)),
        Column("sql", "sql", (16, 6, 2), lambda s: facts.text(s.sql_id)),
    ]  # fmt: skip
