"""One middleware, or one of its hooks: what it takes itself, on which routes, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from djscope.model.definitions import NOWHERE, Place
from djscope.model.finding import Finding
from djscope.model.middleware import LayerStat, Passed, everywhere, label
from djscope.model.routes import RouteStat
from djscope.ui import format as fmt
from djscope.ui.cells import amount, timing
from djscope.ui.columns import Column
from djscope.ui.details.figures import spread
from djscope.ui.details.finding import fix, place_line
from djscope.ui.details.query import verdict
from djscope.ui.facts import Facts
from djscope.ui.spec import Detail, Fact, Opener, Spec

ADAPTERS = {
    "sync_to_async": "in a thread: Django adapts it to the async layer outside",
    "async_to_sync": "in an event loop of its own: Django adapts it to the sync layer outside",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What it took on one route."""

    name_id: str
    passed: Passed


def opener(stat: LayerStat) -> Opener:
    """Follows it by name and hook."""

    def latest(facts: Facts) -> LayerStat:
        session = facts.session
        every = everywhere(session.layers, session.definitions)
        return next((each for each in every if each.key == stat.key), stat)

    def parts(facts: Facts) -> Iterable[Part]:
        now = latest(facts)
        return [Part(name_id, now.on(name_id)) for name_id in now.parts]

    def detail(facts: Facts) -> Detail:
        now = latest(facts)
        finding = _finding(facts, now)
        return Detail(
            label(now.layer),
            [fact for fact in _facts(now, finding) if fact.text],
            lists=[_routes(parts)],
            copy=fix(finding) or now.layer.name,
            place=now.layer.place or NOWHERE,
        )

    return detail


def _finding(facts: Facts, stat: LayerStat) -> Finding | None:
    where = stat.layer.place or Place("", 0, stat.layer.name)
    about = [f for f in facts.findings if f.kind == "slow_middleware" and f.where == where]
    hook = stat.layer.hook
    return next((found for found in about if found.evidence.get("hook") == hook), None)


def _facts(stat: LayerStat, finding: Finding | None) -> list[Fact]:
    layer, passed = stat.layer, stat.passed
    can = {"both": "sync and async", "sync": "sync only", "async": "async only"}
    return [
        *verdict(finding),
        Fact("defined at", place_line(layer.place) if layer.place else ""),
        Fact("called", f"{stat.mode}; it can {can[layer.can]}" if layer.can in can else stat.mode),
        Fact("runs", ADAPTERS.get(layer.adapter, "")),
        Fact("own time", _own(passed)),
        Fact("spread", spread(passed.own)),
        Fact(
            "in all",
            f"{fmt.duration(passed.took_us / max(passed.n, 1))} on average, with what is within",
        ),
        Fact("went no further", fmt.many(passed.answered, "request") if passed.answered else ""),
    ]


def _own(passed: Passed) -> str:
    """p50 is that of the last requests."""
    tail = f" · p95 ≈ {fmt.p95(passed.own, passed.own_max_us)}" if passed.n >= fmt.ENOUGH else ""
    top = f"max {fmt.duration(passed.own_max_us)} (n={fmt.count(passed.n)})"
    return f"p50 {fmt.duration(passed.median_us)}{tail} · {top}"


def _routes(rows: Callable[[Facts], Iterable[Part]]) -> Spec[Part]:
    def columns(facts: Facts) -> Sequence[Column[Part]]:
        def wall_us(part: Part) -> int:
            route = facts.session.routes.get(("request", part.name_id))
            return route.wall_us if route else 0

        return [
            timing("own", "own", (6, 0, 0), lambda p: p.passed.median_us),
            timing("max", "max", (6, 0, 2), lambda p: p.passed.own_max_us),
            timing("total", "total", (6, 0, 1), lambda p: p.passed.own_us),
            Column(
                "share", "share", (5, 0, 3), lambda p: fmt.percent(p.passed.own_us, wall_us(p)),
                lambda p: 100 * p.passed.own_us / max(wall_us(p), 1),
            ),
            amount("n", "n", (5, 0, 4), lambda p: p.passed.n),
            Column("route", "route", (20, 3, 0), lambda p: facts.text(p.name_id), tail=True),
        ]  # fmt: skip

    def open_route(part: Part) -> Opener | None:
        from djscope.ui.details import route  # a route's detail lists its layers

        return route.opener(RouteStat("request", part.name_id))

    return Spec(
        "layer-routes", "On these routes", rows, lambda p: p.name_id, columns,
        lambda _: "on none any more", open_route, "own",
    )  # fmt: skip
