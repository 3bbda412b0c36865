"""Event loops as facts: lateness, blocks summed by stack and route, bounded, forgotten."""

from __future__ import annotations

import pytest

from djscope.feed.shapes import Block, LoopReported
from djscope.model.loops import MAX_BLOCKS, MAX_LOOPS, LoopTable
from djscope.ui.frozen import copy_of
from tests.builders import NOON, WEB, blocked, loop

MS = 1_000


def block(stack: str = "s1", n: int = 1, ms: int = 300, route: str = "n1", **more: str) -> Block:
    fields = {"cause": "io", "unit": "u1", "task": "Task-1", **more}
    return Block(
        stack, fields["cause"], n, ms * MS, ms * MS, 0, 0, fields["unit"], route, fields["task"]
    )


def report(*blocks: Block, name: str = "1", late_ms: int = 0) -> LoopReported:
    return LoopReported(name, "asyncio", 20, late_ms * MS, [(10, 20)], blocks)


def test_reports_add_up() -> None:
    """Each tells of what came since the one before."""
    table = LoopTable()
    table.apply(report(late_ms=2), "web/1@1", NOON)
    table.apply(report(block(), block("s2", ms=100), late_ms=300), "web/1@1", NOON + 5)
    (fact,) = table.loops.values()

    assert (fact.beats, fact.late.n, fact.late_max_us) == (40, 40, 300_000)
    assert (fact.blocks, fact.blocked_us) == (2, 400_000)
    assert fact.blocked_share(NOON + 8) == pytest.approx(0.05)


def test_the_share_is_of_the_last_minute() -> None:
    """What was long ago is over."""
    table = LoopTable()
    table.apply(report(block(ms=30_000)), "web/1@1", NOON)
    (fact,) = table.loops.values()

    assert fact.blocked_share(NOON + 59) == pytest.approx(30 / 59)
    assert fact.blocked_share(NOON + 100) == 0


def test_lateness_is_drawn_for_all_the_time_that_a_report_is_of() -> None:
    """It comes each five seconds, and each of them was that late."""
    table = LoopTable()
    table.apply(report(late_ms=1), "web/1@1", NOON)
    table.apply(report(late_ms=7), "web/1@1", NOON + 5)
    (fact,) = table.loops.values()

    assert fact.lateness.series(NOON + 6)[-6:] == [1 * MS, *[7 * MS] * 5]


def test_blocks_are_summed_by_stack_and_route() -> None:
    """In whichever process; why and who is told of the longest."""
    table = LoopTable()
    table.apply(report(block(ms=200)), "web/1@1", NOON)
    table.apply(report(block(n=2, ms=900, cause="cpu", task="Task-9")), "web/2@1", NOON + 5)
    table.apply(report(block(route="n2")), "web/1@1", NOON + 6)
    first, second = table.blocks.values()

    assert (first.n, first.total_us, first.max_us) == (3, 1_100_000, 900_000)
    assert (first.cause, first.task, second.name_id) == ("cpu", "Task-9", "n2")
    assert first.processes == {"web/1@1", "web/2@1"}


def test_a_block_that_is_told_in_parts_counts_once() -> None:
    """Its later parts have n 0, and only what was added."""
    table = LoopTable()
    table.apply(report(block(ms=2_000)), "web/1@1", NOON)
    rest = block(n=0, ms=1_000)
    rest.max_us = 3_000 * MS
    table.apply(report(rest), "web/1@1", NOON + 5)
    (stat,) = table.blocks.values()

    assert (stat.n, stat.total_us, stat.max_us) == (1, 3_000_000, 3_000_000)


def test_what_is_remembered_is_bounded() -> None:
    """Whatever processes send."""
    table = LoopTable()
    for number in range(MAX_LOOPS + 10):
        table.apply(report(name=str(number)), "web/1@1", NOON)
    for number in range(MAX_BLOCKS + 10):
        table.apply(report(block(f"s{number}")), "web/1@1", NOON)

    assert (len(table.loops), len(table.blocks)) == (MAX_LOOPS, MAX_BLOCKS)


def test_loops_go_with_their_process() -> None:
    """What blocked them stays: it is the code's."""
    session = blocked().session
    session.announce([], NOON + 1_000)

    assert WEB.id not in session.processes
    assert session.loops.loops == {}
    assert session.loops.blocks


def test_a_reset_forgets_them() -> None:
    """From here on it is told whether the problem is still there."""
    session = blocked().session
    session.reset(NOON)

    assert (session.loops.loops, session.loops.blocks) == ({}, {})


def test_a_frozen_view_does_not_change() -> None:
    """While the session goes on."""
    feed = blocked()
    still = copy_of(feed.session)
    before = [(fact.beats, fact.late.n) for fact in still.loops.loops.values()]
    blocks = [stat.n for stat in still.loops.blocks.values()]
    feed.deliver(loop(*(block(s.stack_id, route=s.name_id) for s in still.loops.blocks.values())))

    assert [(fact.beats, fact.late.n) for fact in still.loops.loops.values()] == before
    assert [stat.n for stat in still.loops.blocks.values()] == blocks
