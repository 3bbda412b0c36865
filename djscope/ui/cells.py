"""Kinds of columns that many lists share."""

from __future__ import annotations

from collections.abc import Callable

from djscope.model.definitions import Place
from djscope.model.histogram import Histogram
from djscope.ui import format as fmt
from djscope.ui.columns import Column, R, Width
from djscope.ui.draw import fit, width_of


def amount(
    column_id: str,
    title: str,
    width: Width,
    value: Callable[[R], float],
    tone: Callable[[R], str] | None = None,
) -> Column[R]:
    """A count."""
    return Column(column_id, title, width, lambda row: fmt.count(value(row)), value, tone=tone)


def timing(column_id: str, title: str, width: Width, us: Callable[[R], float]) -> Column[R]:
    """A duration, given in microseconds; filters count milliseconds."""
    return Column(
        column_id, title, width, lambda row: fmt.duration(us(row)), lambda row: us(row) / 1e3
    )


def quantiles(
    hist: Callable[[R], Histogram], top: Callable[[R], int], ranks: tuple[int, int, int]
) -> list[Column[R]]:
    """p50, p95 and max, with the ranks of the three columns.

    Without enough samples for a p95 a row is sorted by its p50: what is slow stays on top.
    """

    def at(q: float) -> Callable[[R], float]:
        return lambda row: fmt.quantile(hist(row), q, top(row))

    def tail(row: R) -> float:
        return at(0.95)(row) / 1e3 if hist(row).n >= fmt.ENOUGH else 0.0

    def rank(row: R) -> float:
        return tail(row) or at(0.5)(row) / 1e3

    return [
        timing("p50", "p50", (6, 0, ranks[0]), at(0.5)),
        Column(
            "p95", "p95", (6, 0, ranks[1]), lambda row: fmt.p95(hist(row), top(row)), tail, rank
        ),
        timing("max", "max", (6, 0, ranks[2]), top),
    ]


def location(column_id: str, title: str, width: Width, place: Callable[[R], Place]) -> Column[R]:
    """A line of source; when it is tight, the number is what matters, or the name of a class."""

    def drawn(row: R, cells: int) -> str:
        at = place(row)
        named = at.is_class and width_of(at.short) > cells
        return fit(at.short.partition(" (")[0], cells) if named else at.short

    return Column(column_id, title, width, lambda row: place(row).short, fill=drawn, tail=True)


def moment(column_id: str, title: str, width: Width, at: Callable[[R], float]) -> Column[R]:
    """A time of day."""
    return Column(column_id, title, width, lambda row: fmt.clock(at(row)), at)
