"""Columns as data: what a list shows of a row, how wide, how it sorts and filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from djscope.ui.draw import fit

R = TypeVar("R")
# How the id of a column ends that shows of the last minute what another shows of all.
LATELY = "1m"
# Minimum cells, share of what is left over, and rank: the highest rank goes first when narrow.
Width = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """`number` makes it sort downwards and compare in filters; durations count milliseconds.

    `rank` is what it sorts by when that is not what it shows, `fill` draws into exactly the width
    it is told (bars, sparklines), `tone` names a style; of a text with `tail` the end matters.
    `later` says which rows come behind all others where a text sorts.
    """

    id: str
    title: str
    width: Width
    cell: Callable[[R], str]
    number: Callable[[R], float] | None = None
    rank: Callable[[R], float] | None = None
    tone: Callable[[R], str] | None = None
    fill: Callable[[R, int], str] | None = None
    tail: bool = False
    later: Callable[[R], bool] | None = None

    @property
    def right(self) -> bool:
        return self.number is not None and self.fill is None

    @property
    def falling(self) -> bool:
        """Numbers start with the largest, texts with A."""
        return self.number is not None or self.rank is not None

    def sort_key(self, row: R) -> tuple[bool, float | str]:
        key = self.rank or self.number
        last = self.later is not None and self.later(row)
        return last, key(row) if key else self.cell(row).casefold()

    def draw(self, row: R, width: int) -> str:
        """The cell in exactly `width` cells."""
        text = self.fill(row, width) if self.fill else self.cell(row)
        return fit(text, width, right=self.right, tail=self.tail)


Laid = tuple[tuple[Column[R], int], ...]


def lay_out(columns: Sequence[Column[R]], room: int) -> Laid[R]:
    """The columns that fit into `room` cells, one blank between, with their widths."""
    kept = list(columns)
    while len(kept) > 1 and sum(c.width[0] + 1 for c in kept) - 1 > room:
        kept.remove(max(reversed(kept), key=lambda c: c.width[2]))
    spare = max(room - sum(c.width[0] + 1 for c in kept) + 1, 0)
    weights = sum(c.width[1] for c in kept)
    widths = []
    for column in kept:
        extra = spare * column.width[1] // weights if weights else 0
        spare, weights = spare - extra, weights - column.width[1]
        widths.append(min(column.width[0] + extra, max(room, 1)))
    return tuple(zip(kept, widths, strict=True))
