"""Blocked event loops: the line, the cause, whose; and what is no block."""

from __future__ import annotations

import asyncio
import gc
import importlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from types import FunctionType

import pytest

from djscope_probes import heartbeat, steps
from djscope_probes.units import RequestUnit
from djscope_probes.vigil import SEEN_NS, Vigil
from tests.probes.eventloops import (
    TRIES,
    Loop,
    Run,
    Watched,
    collects,
    computes,
    looping,
    sleeps,
    sums,
    until,
    work,
)
from tests.probes.faults import broken

KINDS = ("asyncio", "uvloop")
# A callback that takes less is none that a loop is late by.
SHORT_NS = SEEN_NS * 4 // 5


def runner(kind: str) -> Run:
    """`asyncio.run` or `uvloop.run`."""
    pytest.importorskip(kind)
    run: Run = importlib.import_module(kind).run
    return run


@pytest.fixture(params=KINDS)
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    with looping(runner(request.param)) as loop:
        yield loop


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    watched.disarm()


@pytest.mark.parametrize(
    ("block", "cause"),
    [(sleeps, "io"), (computes, "cpu"), (sums, "cpu"), (collects, "gc")],
    ids=["sleep", "python", "c", "gc"],
)
def test_a_block_is_told_with_its_line_and_its_cause(
    loop: Loop, watched: Watched, block: Callable[[], object], cause: str
) -> None:
    """Waiting, computing in Python, in one call of C that holds the interpreter, and garbage."""
    watched.arm()
    for _ in range(TRIES):
        watched.blocks.clear()
        told = watched.see(lambda: work(loop, block))
        if told.cause == cause:
            break

    assert told.cause == cause
    assert block.__name__ in [function for _, function in told.stack]
    assert told.n == 1
    assert told.max_us >= 100_000
    assert told.task.startswith("Task-")


def test_the_line_is_the_one_that_waits(loop: Loop, watched: Watched) -> None:
    """The innermost of the application, with who called it."""
    watched.arm()
    told = watched.see(lambda: work(loop, sleeps))

    assert told.stack[0] == (sleeps.__code__.co_firstlineno + 1, "sleeps")
    assert [function for _, function in told.stack] == ["sleeps", "task"]


def test_a_callback_that_is_no_tasks_is_told_as_well(loop: Loop, watched: Watched) -> None:
    """A protocol's, say; without a task's name."""
    watched.arm()
    told = watched.see(lambda: loop.call_soon_threadsafe(sleeps))

    assert (told.stack[0][1], told.task, told.cause) == ("sleeps", "", "io")


def test_a_block_knows_whose_request_it_was(loop: Loop, watched: Watched) -> None:
    """By the task that the request noted."""
    watched.arm()
    unit = RequestUnit("asgi", "GET")
    unit.name = "books/"

    async def view() -> None:
        task = asyncio.current_task()
        assert task is not None
        unit.asyncio_task = weakref.ref(task)
        watched.ledger.adopt(unit)
        sleeps()

    told = watched.see(lambda: asyncio.run_coroutine_threadsafe(view(), loop).result(30))

    assert (told.unit, told.name) == (unit.id, "books/")


def test_a_name_that_the_application_gave_is_not_told(watched: Watched) -> None:
    """It may name anybody."""
    with looping(asyncio.run) as loop:
        watched.arm()

        async def named() -> None:
            task = asyncio.current_task()
            assert task is not None
            task.set_name("jane@example.com")
            sleeps()

        told = watched.see(lambda: asyncio.run_coroutine_threadsafe(named(), loop).result(30))

    assert told.task == "(named by the application)"


def test_many_short_callbacks_are_no_block(loop: Loop, watched: Watched) -> None:
    """The loop is late, and no single line is to blame: but those that had no CPU for long."""
    watched.arm()
    took: list[int] = []

    async def short() -> None:
        began = time.perf_counter_ns()
        while time.perf_counter_ns() < began + 1_000_000:
            pass
        took.append(time.perf_counter_ns() - began)

    async def all_at_once() -> None:
        await asyncio.gather(*(short() for _ in range(200)))

    for _ in range(TRIES):
        took.clear()
        watched.reports.clear()
        watched.blocks.clear()
        asyncio.run_coroutine_threadsafe(all_at_once(), loop).result(30)
        watched.all_told()
        if watched.latest_us >= 100_000:
            break
    starved = sum(each >= SHORT_NS for each in took)

    assert watched.latest_us >= 100_000
    assert sum(told.n for told in watched.blocks) <= starved


def test_a_loop_that_does_not_run_is_not_blocked(watched: Watched) -> None:
    """A script that runs its loop now and then does other things in between."""
    loop = asyncio.new_event_loop()
    with looping(asyncio.run):
        watched.arm()
        watched.instrument._begin(loop, 0, 0)
        for _ in range(5):
            loop.run_until_complete(asyncio.sleep(0.06))
            time.sleep(0.2)
        watched.all_told()
        loop.close()

    assert watched.blocks == []


def test_a_long_block_is_told_while_it_lasts_and_counted_once(loop: Loop, watched: Watched) -> None:
    """In parts, of which only the first counts."""
    over = threading.Event()

    def hold() -> None:
        over.wait(60)

    watched.arm()
    loop.call_soon_threadsafe(hold)
    watched.held_up(1.2)
    watched.instrument.hurry()
    watched.collect()
    under_way = list(watched.blocks)
    over.set()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(30)
    watched.wait(lambda: len(watched.blocks) > len(under_way), "its end")

    assert [each.n for each in under_way] == [1]
    assert sum(each.n for each in watched.blocks) == 1
    total, top = sum(e.total_us for e in watched.blocks), max(e.max_us for e in watched.blocks)
    assert abs(total - top) < 10_000
    assert top >= 1_000_000


def test_two_loops_are_told_apart(watched: Watched) -> None:
    """One thread looks after both; the one that is blocked says so."""
    with looping(asyncio.run) as one, looping(asyncio.run) as other:
        watched.arm(2)
        blocked = watched.see(lambda: work(one, sleeps)).loop
        heart = next(v.heart for v in watched.instrument._vigils.values() if v.name == blocked)

        assert heart.loop() is one
        assert heart.loop() is not other
        watched.all_told()
    assert len({name for _, name, *_ in watched.reports}) == 2
    assert {told.loop for told in watched.blocks} == {blocked}


def test_a_loop_that_was_closed_is_let_go(watched: Watched) -> None:
    """Nobody looks after it any more, nothing keeps it alive, and the thread has ended."""
    before = list(gc.callbacks)
    with looping(asyncio.run) as loop:
        watched.arm()
        gone = weakref.ref(loop)
        assert len(gc.callbacks) == len(before) + 1
    del loop
    watched.instrument._found_ns = 0
    watched.collect()

    def let_go() -> bool:
        gc.collect()
        return gone() is None

    until(let_go, "the end of the thread that looked after it")
    assert watched.instrument.patches.count == 0
    assert gc.callbacks == before


def test_nothing_is_put_into_a_process_without_loops(watched: Watched) -> None:
    """No thread, no entry among the garbage collector's callbacks."""
    before = list(gc.callbacks)
    watched.instrument.arm(watched.ledger)
    for _ in range(3):
        watched.instrument._found_ns = 0
        watched.collect()

    assert watched.instrument.patches.count == 0
    assert gc.callbacks == before


def test_arming_and_disarming_while_a_loop_runs_leaves_nothing(
    loop: Loop, watched: Watched
) -> None:
    """Fifty times, with work in the loop all the while."""
    before, debug = list(gc.callbacks), loop.get_debug()
    run = asyncio.Handle.__dict__["_run"]
    for _ in range(50):
        watched.arm()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.001), loop).result(30)
        watched.disarm()
        assert watched.instrument.patches.count == 0

    assert gc.callbacks == before
    assert loop.get_debug() is debug
    assert asyncio.Handle.__dict__["_run"] is run
    until(lambda: not left(loop), "the end of the last beat")


def left(loop: Loop) -> list[object]:
    """Of ours in asyncio's own list of timers; uvloop shows none."""
    timers = [each for each in getattr(loop, "_scheduled", ()) if not each.cancelled()]
    return [each for each in timers if "djscope" in repr(each._callback)]


@pytest.mark.parametrize(
    "function",
    [Vigil.look, Vigil._overdue, Vigil._sample, steps.task_at_work, heartbeat.cpu_clock],
    ids=lambda function: function.__qualname__,
)
def test_a_fault_of_ours_is_no_fault_of_the_loops(function: FunctionType) -> None:
    """It is counted, and the loop goes on; after some of them nobody looks any more."""
    watched = Watched()
    with looping(asyncio.run) as loop:
        watched.instrument.arm(watched.ledger)
        with broken(function):
            while watched.instrument.guard.failures == 0:
                watched.instrument._found_ns = 0
                watched.collect()
                work(loop, lambda: time.sleep(0.2))
        work(loop, sleeps)
        watched.instrument.patches.restore()

        assert watched.instrument.guard.last.startswith("RuntimeError at ")
        assert asyncio.run_coroutine_threadsafe(asyncio.sleep(0, "done"), loop).result(30) == "done"
