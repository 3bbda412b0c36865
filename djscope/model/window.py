"""The same figures over the last minute or so: what is going on now, beside what was in all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from djscope.model.histogram import Histogram

# The current slice and the six before it: 60 to 70 seconds.
SLICE_S = 10
SLICES = 6


class Mark(NamedTuple):
    """How far counting had come when a slice of time began."""

    slice: int
    units: int
    n: int
    total_us: int
    counts: tuple[int, ...]


@dataclass(slots=True)
class Lately:
    """What was counted since the window's beginning."""

    units: int = 0
    n: int = 0
    total_us: int = 0
    hist: Histogram = field(default_factory=Histogram)


def slice_of(at: float) -> int:
    return int(at) // SLICE_S


def within(marks: tuple[Mark, ...], at: int) -> tuple[Mark, ...]:
    """Those before slice `at` that its window reaches; none of a clock that was ahead."""
    return tuple(mark for mark in marks if at - SLICES <= mark.slice < at)


def first_within(marks: tuple[Mark, ...], at: int) -> Mark | None:
    """Where the window of slice `at` begins; None when nothing happened in it."""
    return next((mark for mark in marks if at - SLICES <= mark.slice <= at), None)
