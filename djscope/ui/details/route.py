"""A route or a task: totals, how it fails, its queries, its last units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from djscope.model.hops import hop_count, lost_us
from djscope.model.routes import Failure, RouteStat, exact
from djscope.model.wording import unit_name
from djscope.ui import format as fmt
from djscope.ui.cells import amount, moment
from djscope.ui.columns import Column
from djscope.ui.details import payloads, unit
from djscope.ui.details.figures import spread
from djscope.ui.details.finding import place_line
from djscope.ui.facts import Facts
from djscope.ui.lists.middleware import route_layers
from djscope.ui.lists.queries import queries
from djscope.ui.lists.units import recent
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener, Spec


def opener(stat: RouteStat) -> Opener:
    """Follows the route by its name."""
    key = (stat.kind, stat.name_id)

    def latest(facts: Facts) -> RouteStat:
        return facts.session.routes.get(key, stat)

    own = queries(
        "route-queries", "Its queries",
        lambda facts: [
            query for query in facts.session.queries.stats.values()
            if (query.unit_kind, query.name_id) == key
        ],
        named=False,
    )  # fmt: skip

    layers = [route_layers(stat.name_id)] if stat.kind == "request" else []

    def detail(facts: Facts) -> Detail:
        route = latest(facts)
        failing = [_failures(lambda facts: latest(facts).failures.values())]
        return Detail(
            f"{route.method} {unit_name(route.kind, facts.text(route.name_id))}".strip(),
            [fact for fact in _facts(facts, route) if fact.text],
            lists=[*(failing if route.failures else []), recent(latest), own, *layers],
            copy=facts.text(route.name_id),
            process=facts.standing_for(sorted(route.processes)),
            aim=(route.kind, facts.text(route.name_id)) if route.kind in DEEP_KINDS else None,
        )

    return detail


def _facts(facts: Facts, stat: RouteStat) -> list[Fact]:
    outcomes = ", ".join(
        f"{what or 'ended'}: {fmt.count(n)}" for what, n in stat.outcomes.most_common(6)
    )
    return [
        Fact("view", facts.text(stat.view_id)),
        Fact("seen", _seen(stat)),
        Fact("outcomes", outcomes),
        Fact("wall time", fmt.quantiles(stat.wall, stat.max_us) if stat.n else ""),
        Fact("spread", spread(stat.wall)),
        Fact("waited", fmt.quantiles(stat.wait, stat.wait_max_us) if stat.wait.n else ""),
        Fact("queue", stat.queue),
        Fact("on average", _means(stat)),
        Fact("hops", _hops(stat)),
        *payloads.of_route(stat.payload),
    ]


def _seen(stat: RouteStat) -> str:
    where = fmt.many(len(stat.processes), "process")
    return f"{fmt.many(stat.n, stat.kind)} in {where}, {fmt.span(stat.first_at, stat.last_at)}"


def _means(stat: RouteStat) -> str:
    if not stat.n:
        return ""
    wall, sql, cpu = (fmt.duration(us / stat.n) for us in (stat.wall_us, stat.sql_us, stat.cpu_us))
    each = fmt.count(round(stat.queries / stat.n, 1))
    # CPU is spent in SQL, too, and in an event loop nobody knows for whom.
    return f"wall {wall}, of it sql {sql}, cpu {cpu if stat.cpu_us else fmt.NONE} · {each} queries"


def _hops(stat: RouteStat) -> str:
    """Between sync and async code, in the median of the last requests."""
    last = [fact for fact in stat.recent if fact.hops]
    if not last:
        return ""
    n = exact([hop_count(fact) for fact in last], 0.5)
    lost = exact([lost_us(fact.hops) for fact in last], 0.5)
    waits = f"waits for them {fmt.duration(lost)}"
    return f"p50 {fmt.count(n)} per request, {waits} (last {len(last)})"


def _failures(rows: Callable[[Facts], Iterable[Failure]]) -> Spec[Failure]:
    return Spec(
        "failures", "Failures", rows, lambda f: (f.exception, f.site_id), _failure_columns,
        lambda _: "none", _open_failure, "n",
    )  # fmt: skip


def _failure_columns(facts: Facts) -> Sequence[Column[Failure]]:
    return [
        amount("n", "n", (5, 0, 0), lambda f: f.n),
        Column(
            "exception", "exception", (20, 2, 0), lambda f: f.exception or f.outcome,
            tone=lambda _: "critical",
        ),
        Column("where", "where", (24, 3, 0), lambda f: place_line(facts.place(f.site_id))),
        moment("last", "last", (8, 0, 1), lambda f: f.last_at),
    ]  # fmt: skip


def _open_failure(failure: Failure) -> Opener | None:
    return unit.opener(failure.sample) if failure.sample else None
