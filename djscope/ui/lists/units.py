"""Requests and tasks one by one: those under way, and the last of a route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from djscope.model.processes import short_name
from djscope.model.queries import QueryKey, query_key
from djscope.model.routes import RouteStat
from djscope.model.units import UnitFact
from djscope.ui import format as fmt
from djscope.ui.cells import amount, location, moment, timing
from djscope.ui.columns import Column
from djscope.ui.details import unit
from djscope.ui.facts import Facts
from djscope.ui.spec import Spec

Rows = Callable[[Facts], Iterable[UnitFact]]


def under_way(rows: Rows, title: str = "Under way") -> Spec[UnitFact]:
    """What runs right now, the oldest first."""
    return Spec(
        "running", title, rows, lambda u: u.key, _running_columns,
        lambda _: "nothing is under way right now", unit.opener, "age",
    )  # fmt: skip


def running(*kinds: str) -> Rows:
    """Units of some kinds under way."""
    return lambda facts: [u for u in facts.session.running.values() if u.kind in kinds]


def all_running(facts: Facts) -> Iterable[UnitFact]:
    return facts.session.running.values()


def _running_columns(facts: Facts) -> Sequence[Column[UnitFact]]:
    return [
        Column(
            "age", "age", (7, 0, 0), lambda u: _age(facts, u), lambda u: u.age_s(facts.now) * 1e3
        ),
        Column(
            "name", "route/task", (14, 3, 0), facts.unit_name, tail=True
        ),
        location("now", "where now", (18, 3, 1), lambda u: facts.place(u.unit.now_id)),
        Column(
            "note", "note", (13, 0, 2), lambda u: "before attach" if u.unit.adopted else "",
            tone=lambda _: "warning",
        ),
        amount("queries", "queries", (7, 0, 5), lambda u: u.unit.queries),
        Column("process", "process", (12, 1, 3), lambda u: short_name(u.process), tail=True),
    ]  # fmt: skip


def _age(facts: Facts, unit: UnitFact) -> str:
    """Of what began before attach it is the least that it can be."""
    least = "" if unit.unit.exact_start else "≥"
    return f"{least}{fmt.duration(unit.age_s(facts.now) * 1e6)}"


def with_query(key: QueryKey) -> Spec[UnitFact]:
    """The last units that had such queries, with how many: the sample that the figures rest on."""

    def rows(facts: Facts) -> list[UnitFact]:
        stat = facts.session.queries.stats.get(key)
        route = facts.session.routes.get((key[0], key[1]))
        sample = [stat.sample] if stat and stat.sample and stat.sample.running else []
        return [*sample, *(u for u in reversed(route.recent if route else ()) if _times(key, u))]

    def columns(facts: Facts) -> Sequence[Column[UnitFact]]:
        times: Column[UnitFact] = amount("times", "times", (6, 0, 0), lambda u: _times(key, u))
        return [times, *_recent_columns(facts)]

    return Spec(
        "with-query", "The last units with it", rows, lambda u: u.key, columns,
        lambda _: "none of the last units", unit.opener, "times",
        aside=True,
    )  # fmt: skip


def _times(key: QueryKey, fact: UnitFact) -> int:
    of = (fact.kind, fact.unit.name_id)
    return sum(group.n for group in fact.unit.groups if query_key(*of, group) == key)


def recent(of: Callable[[Facts], RouteStat]) -> Spec[UnitFact]:
    """The last units of a route, and its worst."""

    def rows(facts: Facts) -> list[UnitFact]:
        stat = of(facts)
        worst = [stat.worst] if stat.worst and stat.worst not in stat.recent else []
        return [*worst, *reversed(stat.recent)]

    return Spec(
        "recent", "Last units and the worst", rows, lambda u: u.key, _recent_columns,
        lambda _: "none has ended yet", unit.opener, "wall",
    )  # fmt: skip


def _recent_columns(_: Facts) -> Sequence[Column[UnitFact]]:
    return [
        moment("ended", "ended", (8, 0, 1), lambda u: u.seen_at),
        Column("outcome", "outcome", (8, 0, 0), lambda u: u.outcome or u.unit.state, tone=_tone),
        timing("wall", "wall", (6, 0, 0), lambda u: u.unit.wall_us),
        timing("sql", "sql", (6, 0, 2), lambda u: u.unit.sql_us + u.unit.fetch_us),
        amount("queries", "queries", (7, 0, 0), lambda u: u.unit.queries),
        timing("cpu", "cpu", (6, 0, 4), lambda u: u.unit.cpu_us),
        timing("other", "other", (6, 0, 5), lambda u: u.unaccounted_us),
        Column("exception", "exception", (14, 2, 2), lambda u: u.unit.exception, tone=_tone),
        Column("process", "process", (12, 1, 3), lambda u: short_name(u.process), tail=True),
    ]


def _tone(fact: UnitFact) -> str:
    return "critical" if fact.failed else ""
