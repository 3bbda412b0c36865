"""Queries put together: what they have in common, and which they are."""

from __future__ import annotations

from collections.abc import Iterable

from djscope.model.definitions import NOWHERE, Place
from djscope.model.families import By, Family
from djscope.model.queries import QueryStat
from djscope.model.wording import OTHER_WORK, unit_name
from djscope.ui import format as fmt
from djscope.ui.details import figures
from djscope.ui.details.finding import fix, place_line
from djscope.ui.details.query import verdict
from djscope.ui.draw import clean
from djscope.ui.facts import Facts
from djscope.ui.lists.queries import queries
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener
from djscope.ui.sql import pretty


def opener(family: Family) -> Opener:
    """Follows the family by its key."""

    def latest(facts: Facts) -> Family:
        return facts.session.queries.families.all[family.by].get(family.key, family)

    def members(facts: Facts) -> Iterable[QueryStat]:
        return facts.members(latest(facts))

    def rows_themselves(facts: Facts) -> Iterable[QueryStat]:
        stats = facts.session.queries.stats.values()
        return [stat for stat in stats if stat.site_id == family.key[0] and not stat.origin_id]

    lists = [queries("members", _TITLES[family.by], members, named=family.by is not By.ROUTE)]
    if family.by is By.ORIGIN:
        lists.append(queries("roots", "The rows themselves", rows_themselves, named=True))

    def detail(facts: Facts) -> Detail:
        now = latest(facts)
        name, place = _name(facts, now), _place(facts, now)
        finding = facts.finding_in(now)
        return Detail(
            clean(name, 60),
            [fact for fact in _facts(facts, now, name) if fact.text],
            lists=lists,
            copy=fix(finding) or name,
            place=place if place.file else finding.where if finding else NOWHERE,
            aim=(now.key[0], name) if now.by is By.ROUTE and now.key[0] in DEEP_KINDS else None,
        )

    return detail


_TITLES = {
    By.SQL: "Where it is asked for",
    By.ROUTE: "Its queries",
    By.ORIGIN: "Loaded lazily from those rows",
}


def _name(facts: Facts, family: Family) -> str:
    if family.by is By.ROUTE:
        kind, name = family.key[0], facts.text(family.key[1])
        return unit_name(kind, name) if kind in OTHER_WORK else name
    if family.by is By.ORIGIN:
        return f"rows from {facts.place(family.key[0]).short}"
    return facts.text(family.key[0])


def _place(facts: Facts, family: Family) -> Place:
    return facts.place(family.key[0]) if family.by is By.ORIGIN else NOWHERE


def _facts(facts: Facts, family: Family, name: str) -> list[Fact]:
    place, members = _place(facts, family), facts.members(family)
    kinds = {stat.unit_kind for stat in members}
    word = kinds.pop() if len(kinds) == 1 else "unit"
    return [
        *verdict(facts.finding_in(family)),
        Fact("loaded at", place_line(place) if place.file else ""),
        Fact("in", f"{name} ({word})" if family.by is By.ROUTE else ""),
        Fact("is", _kinds(members)),
        Fact("how often", figures.how_often(family, word)),
        Fact("how long", figures.how_long(family)),
        Fact("lately", figures.lately(family, word, facts.now)),
        Fact("spread", figures.spread(family.hist)),
        Fact("rows", figures.rows(family)),
        Fact("sql", pretty(name) if family.by is By.SQL else "", "code"),
    ]


def _kinds(members: list[QueryStat]) -> str:
    """`3 queries at 2 lines, in 1 route or task`."""
    sqls, sites = {stat.sql_id for stat in members}, {stat.site_id for stat in members}
    units = {(stat.unit_kind, stat.name_id) for stat in members}
    queries_ = fmt.many(len(sqls), "query") if len(sqls) == 1 else f"{len(sqls)} queries"
    named = f"{len(units)} routes and tasks" if len(units) > 1 else "1 route or task"
    return f"{queries_} at {fmt.many(len(sites), 'line')}, in {named}"
