"""Layers: of one request in order, of a route, all middleware, and the routes that one costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from djscope.feed.shapes import Span
from djscope.model.definitions import NOWHERE, Layer, Place
from djscope.model.middleware import (
    LayerKey,
    LayerStat,
    Passed,
    everywhere,
    key_of,
    label,
    layer_at,
    of_route,
)
from djscope.model.units import UnitFact
from djscope.ui import format as fmt
from djscope.ui.cells import amount, location, timing
from djscope.ui.columns import Column, R
from djscope.ui.details import middleware
from djscope.ui.draw import bar
from djscope.ui.facts import Facts
from djscope.ui.lists.empty import nothing_yet
from djscope.ui.spec import Opener, Spec

UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Step:
    """One pass of a request through a layer."""

    order: int
    span: Span
    layer: Layer | None


def waterfall(unit: UnitFact) -> Spec[Step]:
    """What the request passed, outermost first, beside what its route's requests take there."""

    def rows(facts: Facts) -> list[Step]:
        known = facts.session.definitions.chain(unit.chain_id)
        return [Step(i, span, layer_at(known, span.layer)) for i, span in enumerate(unit.spans)]

    def columns(facts: Facts) -> Sequence[Column[Step]]:
        return _steps(max(unit.unit.wall_us, 1), medians(facts, unit.unit.name_id))

    def open_step(step: Step) -> Opener | None:
        named = step.layer is not None and step.layer.name
        return middleware.opener(LayerStat(step.layer, 0)) if step.layer and named else None

    return Spec(
        "layers", "Layers, and the p50 of this route", rows, lambda row: row.order, columns,
        lambda _: "no layer was seen", open_step,
    )  # fmt: skip


def _steps(wall: int, usual: dict[LayerKey, int]) -> list[Column[Step]]:
    def median(step: Step) -> float:
        return usual.get(key_of(step.layer), UNKNOWN) if step.layer else UNKNOWN

    return [
        timing("at", "at", (6, 0, 3), lambda row: row.span.offset_us),
        timing("took", "took", (6, 0, 1), lambda row: row.span.took_us),
        timing("own", "own", (6, 0, 0), lambda row: row.span.own_us),
        timing("usual", "p50", (6, 0, 2), median),
        Column(
            "bar", f"0 to {fmt.duration(wall)}", (16, 3, 4), lambda _: "",
            fill=lambda row, width: bar(row.span.offset_us / wall, row.span.took_us / wall, width),
            tone=lambda _: "code",
        ),
        Column("mode", "mode", (5, 0, 5), lambda row: row.layer.mode if row.layer else ""),
        Column(
            "layer", "layer", (20, 3, 0), lambda row: label(row.layer) if row.layer else "…",
            tail=True,
        ),
    ]  # fmt: skip


def medians(facts: Facts, name_id: str) -> dict[LayerKey, int]:
    """Own time in each layer of a route."""
    session = facts.session
    stats = of_route(session.layers, session.definitions, name_id)
    return {stat.key: stat.passed.median_us for stat in stats}


def route_layers(name_id: str) -> Spec[LayerStat]:
    """The layers of a route, in their order."""

    def rows(facts: Facts) -> Iterable[LayerStat]:
        return of_route(facts.session.layers, facts.session.definitions, name_id)

    def columns(facts: Facts) -> Sequence[Column[LayerStat]]:
        route = facts.session.routes.get(("request", name_id))
        wall_us = route.wall_us if route else 0
        return [*_figures(lambda s: s.passed, lambda _: wall_us), *_named()]

    return Spec(
        "route-layers", "Its layers, outermost first", rows, lambda s: s.key, columns,
        lambda _: "no request has passed any yet", _open, aside=True,
    )  # fmt: skip


def middlewares() -> Spec[LayerStat]:
    """All of them, those that take most of the median request first."""

    def rows(facts: Facts) -> Iterable[LayerStat]:
        session = facts.session
        return [s for s in everywhere(session.layers, session.definitions) if s.layer.name]

    def columns(facts: Facts) -> Sequence[Column[LayerStat]]:
        def wall_us(stat: LayerStat) -> int:
            routes = (facts.session.routes.get(("request", name)) for name in stat.parts)
            return sum(route.wall_us for route in routes if route)

        return [
            timing("mean", "mean", (6, 0, 1), lambda s: s.passed.own_us / max(s.passed.n, 1)),
            *_figures(lambda s: s.passed, wall_us),
            *_named(),
            location("defined", "defined at", (14, 1, 6), _defined),
        ]

    return Spec(
        "middleware", "Middleware", rows, lambda s: s.key, columns,
        nothing_yet("no request has passed any middleware yet"), _open, "own",
    )  # fmt: skip


def _figures(passed: Callable[[R], Passed], wall_us: Callable[[R], int]) -> list[Column[R]]:
    """Of its own time; `share` is of all that the requests took."""
    return [
        timing("own", "own", (6, 0, 0), lambda row: passed(row).median_us),
        Column(
            "p95", "p95", (6, 0, 4),
            lambda row: fmt.p95(passed(row).own, passed(row).own_max_us),
            lambda row: fmt.quantile(passed(row).own, 0.95, passed(row).own_max_us) / 1e3,
        ),
        timing("max", "max", (6, 0, 3), lambda row: passed(row).own_max_us),
        Column(
            "share", "share", (5, 0, 2), lambda row: fmt.percent(passed(row).own_us, wall_us(row)),
            lambda row: 100 * passed(row).own_us / max(wall_us(row), 1),
        ),
        amount("n", "n", (5, 0, 5), lambda row: passed(row).n),
    ]  # fmt: skip


def _named() -> list[Column[LayerStat]]:
    return [
        Column("mode", "mode", (5, 0, 5), lambda s: s.mode),
        Column("layer", "layer", (20, 3, 0), lambda s: label(s.layer), tail=True),
    ]


def _defined(stat: LayerStat) -> Place:
    return stat.layer.place or NOWHERE


def _open(stat: LayerStat) -> Opener | None:
    return middleware.opener(stat) if stat.layer.name else None
