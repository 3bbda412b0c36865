"""How long hops wait, for whose thread, and which line made them."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable
from queue import Queue

from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async

from djscope_probes.arming import Armament
from djscope_probes.clock import now_ns
from djscope_probes.definitions import Definitions
from djscope_probes.hoprecords import hops_of
from djscope_probes.hops import MAX_HOPS
from djscope_probes.units import RequestUnit
from djscope_probes.wire import Hop
from tests.probes.hops.conftest import Run

MS = 1_000_000
SLEEP_S = 0.05


def nap() -> None:
    time.sleep(SLEEP_S)


def test_calls_at_one_line_wait_for_each_other_on_the_shared_thread(run: Run) -> None:
    """Four of 50 ms, of which the first begins to sleep once all are there: they wait 0, 50, 100
    and 150 ms, 300 in all; the line is the `gather`'s.
    """
    all_there = threading.Event()

    def nap() -> None:
        assert all_there.wait(30)
        time.sleep(SLEEP_S)

    async def opened() -> None:
        all_there.set()

    async def scene() -> None:
        await asyncio.sleep(0)
        await asyncio.gather(*(sync_to_async(nap)() for _ in range(4)), opened())

    async def task_of_its_own() -> None:
        from djscope_probes.instruments.requests import innermost_task
        from djscope_probes.units import CURRENT

        unit = CURRENT.get()
        assert unit is not None
        unit.asyncio_task = innermost_task()
        await scene()

    [group] = run(task_of_its_own).hops

    assert (group.kind, group.executor, group.n) == ("sync_to_async", "shared", 4)
    assert group.wait >= 299 * MS
    assert group.wait_max >= 149 * MS
    assert group.run >= 199 * MS
    assert group.target.name.startswith("tests.probes.hops.test_waits.")
    assert group.target.name.endswith(".nap")
    assert group.caller is not None
    assert group.caller.stack[0].function.rpartition(".")[2] == "scene"


def test_requests_with_threads_of_their_own_do_not_wait(run: Run) -> None:
    """Under `ThreadSensitiveContext`, as Django's ASGI handler serves each request: all four are
    at it at once. What each is told to wait is at most what it took until its function ran.
    """
    at_once = threading.Barrier(4)
    took: list[int] = []

    async def scene() -> None:
        async def request() -> None:
            async with ThreadSensitiveContext():
                asked = now_ns()

                def work() -> None:
                    took.append(now_ns() - asked)
                    at_once.wait(30)
                    nap()

                await sync_to_async(work)()

        await asyncio.gather(*(request() for _ in range(4)))

    done = run(scene)

    assert [group.executor for group in done.hops] == ["request"]
    assert done.n == 4
    assert done.hops[0].wait_max <= max(took)
    assert done.hops[0].wait <= sum(took)


def test_whose_thread_is_waited_for(run: Run) -> None:
    """Of a pool, of the code around that waits in `async_to_sync`, and both kinds of loops."""

    async def scene() -> None:
        async def inner() -> None:
            await sync_to_async(nap)()

        await sync_to_async(nap, thread_sensitive=False)()
        await sync_to_async(async_to_sync(inner), thread_sensitive=False)()

        def alone() -> None:
            async_to_sync(inner, force_new_loop=True)()

        await sync_to_async(alone)()

    found = {
        (group.kind, group.executor, group.target.name.rpartition(".")[2])
        for group in run(scene).hops
    }

    assert found == {
        ("sync_to_async", "own", "nap"), ("sync_to_async", "own", "inner"),
        ("async_to_sync", "outer", "inner"), ("sync_to_async", "outer", "nap"),
        ("sync_to_async", "shared", "alone"), ("async_to_sync", "own", "inner"),
    }  # fmt: skip


def test_a_hop_that_waits_still_tells_for_how_long_and_for_whom(armament: Armament) -> None:
    """The thread of its executor is taken by another function: where that stands is told."""
    free, taken, looked = threading.Event(), threading.Event(), threading.Event()
    unit = RequestUnit("asgi", "GET")
    armament.ledger.begin(unit)

    def hold() -> None:
        taken.set()
        free.wait(30)

    async def scene() -> None:
        first = asyncio.ensure_future(sync_to_async(hold)())
        second = asyncio.ensure_future(sync_to_async(nap)())
        await asyncio.to_thread(looked.wait, 30)
        await first
        await second

    thread = threading.Thread(target=carried(lambda: asyncio.run(scene())))
    thread.start()
    assert taken.wait(30)
    defs = Definitions()
    told = held_up(unit, defs)
    looked.set()
    free.set()
    thread.join(30)
    armament.ledger.end(unit)
    armament.ledger.ended.clear()

    [hop] = told
    assert hop.pending_us >= 1_000_000
    assert "hold" in defs.unsent[hop.held_id]
    assert not hop.circular
    assert not any(each.pending_us for each in hops_of(unit, defs))


def held_up(unit: RequestUnit, defs: Definitions) -> list[Hop]:
    """The hops of which it is told what they wait for, as soon as there are any."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        time.sleep(0.05)
        if told := [hop for hop in hops_of(unit, defs) if hop.held_id]:
            return told
    return []


def carried(function: Callable[[], object]) -> Callable[[], object]:
    """`function` in this thread's context, to be run in another."""
    context = contextvars.copy_context()
    return lambda: context.run(function)


def test_a_deadlock_is_circular(armament: Armament) -> None:
    """A thread that runs a loop in which a hop waits for that very thread. (Ended from outside.)"""
    unit = RequestUnit("asgi", "GET")
    armament.ledger.begin(unit)
    deadlocks: Queue[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = Queue()

    async def inner() -> str:
        hop = asyncio.ensure_future(sync_to_async(nap)())
        deadlocks.put((asyncio.get_running_loop(), hop))
        try:
            await hop
        except asyncio.CancelledError:
            return "never began"
        return "began"

    async def scene() -> str:
        async with ThreadSensitiveContext():
            return await sync_to_async(lambda: asyncio.run(inner()))()

    came: list[str] = []
    thread = threading.Thread(target=carried(lambda: came.append(asyncio.run(scene()))))
    thread.start()
    defs = Definitions()
    hops = held_up(unit, defs)
    loop, hop_itself = deadlocks.get(timeout=30)
    loop.call_soon_threadsafe(hop_itself.cancel)
    thread.join(30)
    armament.ledger.end(unit)
    armament.ledger.ended.clear()

    [hop] = hops
    assert came == ["never began"]
    assert (hop.executor, hop.circular) == ("request", True)
    assert "run_forever" in defs.unsent[hop.held_id]


def test_many_lines_are_bounded(run: Run) -> None:
    """More groups than there is room for share one; none is lost."""
    scope: dict[str, object] = {"hop": sync_to_async}
    lines = "\n".join("    await hop(int)()" for _ in range(MAX_HOPS + 8))
    exec(compile(f"async def scene():\n{lines}\n", "/srv/app.py", "exec"), scope)

    done = run(scope["scene"])  # type: ignore[arg-type]

    assert len(done.hops) == MAX_HOPS + 1
    assert done.n == MAX_HOPS + 8
    assert done.hops[-1].target.name == "(other hops)"
