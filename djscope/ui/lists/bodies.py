"""Who reads bodies of requests, and who makes large responses in memory: a row for each route."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from djscope.model.definitions import Place
from djscope.model.findings.payloads import WAYS, place_of
from djscope.model.payloads import Handler
from djscope.model.routes import RouteStat
from djscope.ui import format as fmt
from djscope.ui.cells import location
from djscope.ui.columns import Column, Width
from djscope.ui.details import payloads
from djscope.ui.facts import Facts
from djscope.ui.spec import Opener, Spec

MADE = {"made": "response", "listed": "listed"}


class Row(NamedTuple):
    """Somebody who reads or makes bodies of a route."""

    route: RouteStat
    handler: Handler


def bodies() -> Spec[Row]:
    """Those worth a stack, what takes most memory first."""
    return Spec(
        "bodies", "Bodies", rows, key, _columns,
        lambda _: "no body of 64 kB or more was read, no response of 256 kB or more made",
        _open, "memory",
    )  # fmt: skip


def rows(facts: Facts) -> list[Row]:
    return [
        Row(route, handler)
        for route in facts.session.routes.values()
        for handler in (*route.payload.readers.values(), *route.payload.makers.values())
        if handler.stack_id or handler.how == "listed"
    ]


def key(row: Row) -> tuple[str, ...]:
    return (row.route.kind, row.route.name_id, row.handler.stack_id, row.handler.how)


def _open(row: Row) -> Opener | None:
    return payloads.opener(row.route, row.handler)


def _columns(facts: Facts) -> Sequence[Column[Row]]:
    def place(row: Row) -> Place:
        stack = facts.session.definitions.stack(row.handler.stack_id)
        return place_of(stack) or Place("", 0, facts.text(row.route.view_id))

    def how(row: Row) -> str:
        return WAYS.get(row.handler.how) or MADE[row.handler.how]

    def all_of(row: Row) -> int:
        reads = row.handler.how in WAYS
        return row.route.payload.bodies if reads else row.route.payload.sent.n

    return [
        Column("route", "route", (12, 4, 0), lambda r: facts.text(r.route.name_id), tail=True),
        location("where", "read or made at", (18, 3, 0), place),
        Column("how", "how", (14, 0, 3), how),
        Column("n", "n", (5, 0, 4), lambda r: fmt.count(r.handler.n), lambda r: r.handler.n),
        _size("p50", "bytes", (6, 0, 2), lambda r: r.handler.size.quantile(0.5)),
        _size("max", "max", (6, 0, 5), lambda r: r.handler.size.top),
        _size("memory", "memory", (7, 0, 1), lambda r: r.handler.memory.top),
        Column(
            "share", "share", (5, 0, 6), lambda r: fmt.percent(r.handler.n, all_of(r)),
            lambda r: 100 * r.handler.n / max(all_of(r), 1),
        ),
    ]  # fmt: skip


def _size(column_id: str, title: str, width: Width, value: Callable[[Row], float]) -> Column[Row]:
    return Column(column_id, title, width, lambda row: fmt.size(value(row)), value)
