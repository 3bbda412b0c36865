"""Queries as a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from djscope.model.queries import QueryStat
from djscope.ui.cells import amount, location
from djscope.ui.columns import Column
from djscope.ui.details import query
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.lists.tallies import tallies
from djscope.ui.severity import RANKS, flag, tone
from djscope.ui.spec import Spec

Rows = Callable[[Facts], Iterable[QueryStat]]


def all_queries(facts: Facts) -> Iterable[QueryStat]:
    return facts.session.queries.stats.values()


def queries(
    list_id: str,
    title: str,
    rows: Rows = all_queries,
    *,
    named: bool = True,
    turns: tuple[Spec[Any], ...] = (),
) -> Spec[QueryStat]:
    """The most expensive first; `named` with their route or task."""
    return Spec(
        list_id, title, rows, lambda s: s.key,
        lambda facts: _columns(facts, named), nothing_yet("no queries yet"),
        query.opener, "total", turns, windowed=True,
    )  # fmt: skip


def _columns(facts: Facts, named: bool) -> Sequence[Column[QueryStat]]:
    name: Column[QueryStat] = Column(
        "route", "route/task", (18, 2, 3), lambda s: facts.text(s.name_id), tail=True
    )

    def rank(stat: QueryStat) -> float:
        finding = facts.finding_of(stat)
        return RANKS[finding.severity] if finding else 0

    return [
        Column(
            "finding", "finding", (7, 0, 1), lambda s: flag(facts.finding_of(s)),
            rank=rank, tone=lambda s: tone(facts.finding_of(s)),
        ),
        amount("unit", "/unit", (5, 0, 2), lambda s: s.median_per_unit()),
        *tallies(facts),
        amount("rows", "rows", (6, 0, 7), lambda s: s.rows),
        *([name] if named else []),
        location("site", "site", (17, 2, 1), lambda s: facts.place(s.site_id)),
        Column("sql", "sql", (14, 6, 4), lambda s: facts.text(s.sql_id)),
    ]  # fmt: skip
