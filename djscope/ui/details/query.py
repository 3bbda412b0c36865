"""Queries with the same SQL, site and origin: how often, how slow, from where."""

from __future__ import annotations

from djscope.model.finding import Finding
from djscope.model.queries import QueryStat
from djscope.model.wording import OTHER_WORK, unit_name
from djscope.ui import format as fmt
from djscope.ui.details import figures
from djscope.ui.details.finding import fix, place_line
from djscope.ui.facts import Facts
from djscope.ui.severity import flag, tone
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener
from djscope.ui.sql import pretty


def opener(stat: QueryStat) -> Opener:
    """Follows the statistics by their key."""
    from djscope.ui.lists.units import with_query  # a unit's detail lists queries

    having = with_query(stat.key)

    def detail(facts: Facts) -> Detail:
        latest = facts.session.queries.stats.get(stat.key, stat)
        sql = facts.text(latest.sql_id)
        place = facts.place(latest.site_id)
        stack = facts.session.definitions.stack(latest.stack_id)
        return Detail(
            f"query {place.short}",
            [fact for fact in _facts(facts, latest, sql) if fact.text],
            lists=[having],
            stack=stack or ((place,) if place.file else ()),
            copy=fix(facts.finding_of(latest)) or sql,
            place=place,
            aim=_aim(facts, latest),
        )

    return detail


def verdict(finding: Finding | None) -> list[Fact]:
    """What is wrong, and what to do about it."""
    if finding is None:
        return []
    first = next(iter(finding.advice), None)
    return [
        Fact("finding", f"{flag(finding)}: {finding.title}", tone(finding)),
        Fact("do", (first.code or first.text) if first else "", "code"),
    ]


def _facts(facts: Facts, stat: QueryStat, sql: str) -> list[Fact]:
    origin, site = facts.place(stat.origin_id), facts.place(stat.site_id)
    return [
        *verdict(facts.finding_of(stat)),
        Fact("where", place_line(site)),
        Fact("loaded at", place_line(origin)),
        Fact("relation", _relation(facts, stat)),
        Fact("in", _whose(facts, stat)),
        Fact("how often", figures.how_often(stat, stat.unit_kind) + _distinct(stat)),
        Fact("how long", figures.how_long(stat)),
        Fact("lately", figures.lately(stat, stat.unit_kind, facts.now)),
        Fact("spread", figures.spread(stat.hist)),
        Fact("rows", figures.rows(stat, stat.database)),
        Fact("sql", pretty(sql), "code"),
    ]


def _relation(facts: Facts, stat: QueryStat) -> str:
    relation = facts.session.definitions.relation(stat.relation_id)
    if relation is None:
        return ""
    return f"{relation.label}, from {relation.root} by {relation.path}"


def _aim(facts: Facts, stat: QueryStat) -> tuple[str, str] | None:
    name = facts.text(stat.name_id)
    return (stat.unit_kind, name) if stat.unit_kind in DEEP_KINDS else None


def _whose(facts: Facts, stat: QueryStat) -> str:
    name = facts.text(stat.name_id)
    whose = unit_name(stat.unit_kind, name)
    return whose if stat.unit_kind in OTHER_WORK else f"{name} ({stat.unit_kind})"


def _distinct(stat: QueryStat) -> str:
    """How many parameter sets there are in a unit, where they could be compared."""
    distinct = stat.median_distinct()
    return f", {fmt.many(distinct, 'parameter set')}" if distinct >= 0 and stat.n else ""
