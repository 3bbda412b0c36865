"""What else goes on in a host: threads, deep stacks, tracers, frozen objects. As without us."""

from __future__ import annotations

import contextvars
import faulthandler
import gc
import inspect
import sys
import tempfile
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit, Unit, current
from tests.probes.faults import host, request

# Frames that wrappers put on a stack beneath a query.
OURS = 12


def deep(frames: int, work: Callable[[], int]) -> int:
    """`work` that many frames further in."""
    return work() if frames == 0 else deep(frames - 1, work)


def outcomes(limit: int) -> dict[int, str]:
    """Depth → what comes of a query there, from where it fits to where not even a call does."""
    from shop.models import Country

    found = {}
    here = len(inspect.stack(0))
    gc.disable()  # whatever a collection calls back has no room there either
    try:
        for depth in range(limit - here - 120, limit - here):
            try:
                found[depth] = str(deep(depth, Country.objects.filter(code="NL").count))
            except RecursionError:
                found[depth] = "RecursionError"
    finally:
        gc.enable()
    return found


def test_near_the_recursion_limit(armament: Armament, unit: Unit) -> None:
    """A query works or fails as it does without a probe, but for the few frames that we add: never
    another exception, never another result. What we could not note does not end the instrument.
    """
    watched = outcomes(sys.getrecursionlimit())
    for instrument in armament._instruments:
        instrument.guard.failures = 0
    armament.ledger.end(unit)
    armament.disarm()
    alone = outcomes(sys.getrecursionlimit())

    assert set(watched.values()) == set(alone.values()) == {"1", "RecursionError"}
    fits = [max(depth for depth, it in each.items() if it == "1") for each in (watched, alone)]
    assert fits[1] - OURS <= fits[0] <= fits[1]


def test_a_thread_that_a_request_starts(unit: Unit) -> None:
    """With the request's context its queries are the request's, also at the same time; without, or
    after the request's end, they are not, and nothing breaks.
    """
    from shop.models import Country

    def work() -> None:
        Country.objects.count()

    def run(target: Callable[[], object]) -> None:
        threads = [threading.Thread(target=target) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    run(lambda: contextvars.copy_context().run(work))
    alone = unit.queries
    contexts = [contextvars.copy_context() for _ in range(4)]
    run(lambda: contexts.pop().run(work))
    copied = unit.queries
    late = contextvars.copy_context()
    assert current() is unit
    unit.open = False
    run(lambda: late.copy().run(work))
    unit.open = True

    assert (alone, copied, unit.queries) == (0, 4, 4)


def test_a_generator_that_outlives_its_request(armament: Armament) -> None:
    """Begun in a request, taken up after it, thrown away half-way: the rows are right."""
    from shop.models import Country

    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    rows = Country.objects.order_by("pk").iterator(chunk_size=1)
    first = next(rows)
    armament.ledger.end(unit)
    second = next(rows)
    rows.close()

    assert first.pk < second.pk


@pytest.mark.parametrize("hook", ["settrace", "setprofile"])
def test_under_a_tracer_of_the_hosts(armament: Armament, hook: str) -> None:
    """A debugger, a profiler, coverage: it is called as before, and is still there afterwards."""
    seen: set[str] = set()

    def tracer(frame: FrameType, _event: str, _argument: Any) -> Any:
        seen.add(frame.f_code.co_name)
        return tracer

    before = getattr(sys, hook.replace("set", "get"))()
    getattr(sys, hook)(tracer)
    try:
        status, _ = request("/n_plus_one/")
        after = getattr(sys, hook.replace("set", "get"))()
    finally:
        getattr(sys, hook)(before)

    assert status == "200 OK"
    assert after is tracer
    assert {"n_plus_one", "card"} <= seen


def test_frozen_objects_and_a_dump_of_all_threads(armament: Armament, library: object) -> None:
    """`gc.freeze`, as servers with preload do, between arming and disarming; `faulthandler` with
    our wrappers on the stack.
    """
    gc.freeze()
    try:
        results = host()
        with tempfile.TemporaryFile() as file:
            faulthandler.dump_traceback(file, all_threads=True)
        armament.disarm()
    finally:
        gc.unfreeze()

    assert host() == results
    assert armament.wrapped == 0
