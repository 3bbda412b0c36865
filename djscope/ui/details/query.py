"""Queries with the same SQL, site and origin: how often, how slow, from where."""

from __future__ import annotations

from djscope.model.histogram import Histogram
from djscope.model.queries import QueryStat
from djscope.model.wording import OTHER_WORK, unit_name
from djscope.ui import format as fmt
from djscope.ui.details.finding import place_line
from djscope.ui.draw import spark
from djscope.ui.facts import Facts
from djscope.ui.severity import flag, tone
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener
from djscope.ui.sql import pretty


def opener(stat: QueryStat) -> Opener:
    """Follows the statistics by their key."""

    def detail(facts: Facts) -> Detail:
        latest = facts.session.queries.stats.get(stat.key, stat)
        sql = facts.text(latest.sql_id)
        place = facts.place(latest.site_id)
        stack = facts.session.definitions.stack(latest.stack_id)
        return Detail(
            f"query {place.short}",
            [fact for fact in _facts(facts, latest, sql) if fact.text],
            stack=stack or ((place,) if place.file else ()),
            copy=sql,
            place=place,
            aim=_aim(facts, latest),
        )

    return detail


def _facts(facts: Facts, stat: QueryStat, sql: str) -> list[Fact]:
    finding = facts.finding_of(stat)
    origin, site = facts.place(stat.origin_id), facts.place(stat.site_id)
    return [
        Fact("finding", f"{flag(finding)}: {finding.title}" if finding else "", tone(finding)),
        Fact("where", place_line(site) if site.file else ""),
        Fact("loaded at", place_line(origin) if origin.file else ""),
        Fact("relation", _relation(facts, stat)),
        Fact("in", _whose(facts, stat)),
        Fact("how often", _often(stat)),
        Fact("how long", _long(stat)),
        Fact("spread", spread(stat.hist)),
        Fact("rows", _rows(stat)),
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


def _often(stat: QueryStat) -> str:
    each = f"{stat.median_per_unit()} per {stat.unit_kind} (p50, n={len(stat.per_unit())})"
    return f"{fmt.count(stat.n)} in {fmt.many(stat.units, stat.unit_kind)}, {each}"


def _long(stat: QueryStat) -> str:
    return f"{fmt.duration(stat.total_us)} in all · {fmt.quantiles(stat.hist, stat.max_us)}"


def spread(hist: Histogram) -> str:
    """Durations as bars, one per power of two."""
    used = [bucket for bucket, n in enumerate(hist.counts) if n > 0]
    if not used:
        return ""
    low, high = used[0], used[-1]
    bars = spark(hist.counts[low : high + 1], high - low + 1)
    return f"{fmt.duration((1 << low) >> 1)} {bars} {fmt.duration(1 << high)}"


def _rows(stat: QueryStat) -> str:
    database = f", database {stat.database}" if stat.database else ""
    if stat.rows < 0:
        return database.removeprefix(", ")
    each = fmt.count(stat.rows / stat.n) if stat.n else "0"
    fetch = f", {fmt.duration(stat.fetch_us)} to fetch" if stat.fetch_us else ""
    return f"{fmt.count(stat.rows)} ({each} per query){fetch}{database}"
