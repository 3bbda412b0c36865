"""What is told of blocks: bounded, summed by stack and route, with a cause."""

from __future__ import annotations

import pytest

from djscope_probes.blocks import MOST, Held, Lateness, cause_of
from djscope_probes.definitions import Definitions
from djscope_probes.units import RequestUnit
from djscope_probes.wire import Block, StackFrame

MS = 1_000_000


def held(line: int, took_ms: int = 200, route: str = "", cause: str = "io") -> Held:
    unit = RequestUnit("asgi", "GET") if route else None
    if unit is not None:
        unit.name = route
    stack = (StackFrame("/app/shop/views.py", line, "view", True),)
    return Held(stack, 1, took_ms * MS, took_ms * MS, MS, 0, cause, unit, "Task-1")


def told(*blocks: Held) -> list[Block]:
    lateness = Lateness()
    for block in blocks:
        lateness.block(block)
    return list(lateness.on_wire("1", "asyncio", Definitions()).blocks)


def test_blocks_of_one_stack_and_route_are_one() -> None:
    """With their number and time; why and who is told of the longest."""
    (one,) = told(held(3, 200, "a/"), held(3, 700, "a/", "cpu"), held(3, 100, "a/"))

    assert (one.n, one.total_us, one.max_us, one.cause) == (3, 1_000_000, 700_000, "cpu")


def test_routes_and_garbage_are_kept_apart() -> None:
    """The same helper blocks two routes; garbage happens to strike in it."""
    assert len(told(held(3, 200, "a/"), held(3, 200, "b/"), held(3, 200, "a/", "gc"))) == 3


def test_more_stacks_than_fit_are_summed() -> None:
    """Nothing is lost but the lines."""
    blocks = told(*(held(line) for line in range(MOST + 30)))

    assert len(blocks) == MOST + 1
    assert sum(block.n for block in blocks) == MOST + 30
    assert (blocks[-1].stack_id, blocks[-1].n) == ("", 30)


@pytest.mark.parametrize(
    ("took", "cpu", "garbage", "ran", "cause"),
    [
        (300, 1, 0, 0.0, "io"),
        (300, 290, 0, 0.0, "cpu"),
        (300, 290, 200, 0.0, "gc"),
        (300, 100, 0, 0.0, ""),
        (300, 60, 0, 0.9, "cpu"),
        (300, -1, 0, 0.0, ""),
    ],
    ids=["waits", "computes", "collects", "both", "computes on a busy machine", "unknown"],
)
def test_the_cause_is_said_where_it_is_clear(
    took: int, cpu: int, garbage: int, ran: float, cause: str
) -> None:
    """From what the loop's thread computed, and what of that was garbage collection."""
    assert cause_of(took, cpu, garbage, ran) == cause


def test_beats_are_counted_by_the_bit_length_of_their_microseconds() -> None:
    """As all durations are."""
    lateness = Lateness()
    for late_us in (0, 900, 950, 300_000):
        lateness.beat(late_us * 1000)
    told = lateness.on_wire("1", "asyncio", Definitions())

    assert (told.beats, told.late_max_us) == (4, 300_000)
    assert told.hist == [[0, 1], [10, 2], [19, 1]]
