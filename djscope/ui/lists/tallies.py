"""Columns that all lists of queries share: number and time, in all and over the last minute."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from djscope.model.histogram import Histogram
from djscope.model.tally import Tally
from djscope.ui import format as fmt
from djscope.ui.cells import amount, quantiles, timing
from djscope.ui.columns import LATELY, Column
from djscope.ui.facts import Facts

T = TypeVar("T", bound=Tally)
# Ranks of number, total, p50, p95, max: what is asked for stays, of the rest goes what fits least.
FIRST = (3, 0, 5, 3, 6)
SECOND = (8, 7, 9, 9, 9)


def tallies(facts: Facts) -> list[Column[T]]:
    """Since attach and, at the end or else in front, over the last minute."""
    if facts.lately:
        return [*_lately(facts, FIRST), *_in_all(SECOND)]
    return [*_in_all(FIRST), *_lately(facts, SECOND)]


def _in_all(ranks: tuple[int, int, int, int, int]) -> list[Column[T]]:
    n, total, *rest = ranks
    p50, p95, top = rest
    return [
        amount("n", "n", (5, 0, n), lambda row: row.n),
        timing("total", "total", (6, 0, total), lambda row: row.total_us),
        *quantiles(lambda row: row.hist, lambda row: row.max_us, (p50, p95, top)),
    ]


def _lately(facts: Facts, ranks: tuple[int, int, int, int, int]) -> list[Column[T]]:
    def hist(row: T) -> Histogram:
        return row.lately(facts.now).hist

    def top(row: T) -> int:
        return row.max_us

    n, total, *rest = ranks
    columns: list[Column[T]] = quantiles(hist, top, (rest[0], rest[1], rest[2]))
    p50, p95, _ = columns
    return [
        amount("n" + LATELY, "n 1m", (5, 0, n), lambda row: row.n_lately(facts.now)),
        timing(
            "total" + LATELY, "tot 1m", (7, 0, total), lambda row: row.total_us_lately(facts.now)
        ),
        replace(
            p50, id="p50" + LATELY, title="p50 1m",
            cell=lambda row: p50.cell(row) if row.n_lately(facts.now) else fmt.NONE,
        ),
        replace(p95, id="p95" + LATELY, title="p95 1m"),
    ]  # fmt: skip
