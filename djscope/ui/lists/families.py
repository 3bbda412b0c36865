"""Queries put together: by SQL, by route or task, by the line that loaded the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from djscope.model.families import By, Family
from djscope.model.wording import unit_name
from djscope.ui.cells import amount, location
from djscope.ui.columns import Column
from djscope.ui.details import family
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.lists.tallies import tallies
from djscope.ui.severity import RANKS, flag, tone
from djscope.ui.spec import Spec

Named = Callable[[Facts], list[Column[Family]]]


def by_sql() -> Spec[Family]:
    """The same SQL, wherever it is asked for."""

    def named(facts: Facts) -> list[Column[Family]]:
        return [
            _kinds("sites", lambda f: len({s.site_id for s in facts.members(f)})),
            _kinds("routes", lambda f: len({s.name_id for s in facts.members(f)})),
            Column("sql", "sql", (20, 6, 0), lambda f: facts.text(f.key[0])),
        ]

    return _spec(By.SQL, "Queries by SQL", named, "no queries yet")


def by_route() -> Spec[Family]:
    """All queries of a route, a task, a command."""

    def named(facts: Facts) -> list[Column[Family]]:
        return [
            _kinds("sqls", lambda f: len({s.sql_id for s in facts.members(f)})),
            Column("kind", "kind", (7, 0, 6), lambda f: f.key[0]),
            Column(
                "route", "route/task", (14, 4, 0),
                lambda f: unit_name(f.key[0], facts.text(f.key[1])), tail=True,
            ),
        ]  # fmt: skip

    return _spec(By.ROUTE, "Queries by route and task", named, "no queries yet")


def by_origin() -> Spec[Family]:
    """What was loaded lazily from the rows of one queryset."""

    def loads(facts: Facts, of: Family) -> str:
        definitions = facts.session.definitions
        relations = [definitions.relation(stat.relation_id) for stat in facts.members(of)]
        return ", ".join(dict.fromkeys(relation.label for relation in relations if relation))

    def named(facts: Facts) -> list[Column[Family]]:
        return [
            amount("rows", "rows", (6, 0, 7), lambda f: f.rows),
            location("origin", "rows from", (20, 2, 1), lambda f: facts.place(f.key[0])),
            Column("loads", "loaded lazily", (16, 4, 2), lambda f: loads(facts, f)),
        ]

    return _spec(By.ORIGIN, "Lazy loads by the line that loaded the rows", named, "no lazy loads")


def _spec(by: By, title: str, named: Named, empty: str) -> Spec[Family]:
    def rank(facts: Facts, one: Family) -> float:
        finding = facts.finding_in(one)
        return RANKS[finding.severity] if finding else 0

    def columns(facts: Facts) -> Sequence[Column[Family]]:
        return [
            Column(
                "finding", "finding", (7, 0, 1), lambda f: flag(facts.finding_in(f)),
                rank=lambda f: rank(facts, f), tone=lambda f: tone(facts.finding_in(f)),
            ),
            amount("unit", "/unit", (5, 0, 2), lambda f: f.median_per_unit()),
            *tallies(facts),
            *named(facts),
        ]  # fmt: skip

    return Spec(
        f"queries-{by}", title, lambda facts: facts.session.queries.families.all[by].values(),
        lambda f: f.key, columns, nothing_yet(empty), family.opener, "total", windowed=True,
    )  # fmt: skip


def _kinds(title: str, number: Callable[[Family], int]) -> Column[Family]:
    return amount(title, title, (6, 0, 6), number)
