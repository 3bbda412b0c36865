"""asgiref's adapters do the same watched and not, and nothing of the host is kept."""

from __future__ import annotations

import asyncio
import gc
import inspect
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import AsyncToSync, SyncToAsync, async_to_sync, iscoroutinefunction, sync_to_async

from djscope_probes.arming import Armament
from tests.probes.eventloops import until
from tests.probes.hops.conftest import Run, within
from tests.probes.hops.scenes import SCENES


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_comes_to_the_same(armament: Armament, name: str) -> None:
    """Off, in watch within a request, in watch outside of one, and off again."""
    armament.disarm()
    bare = asyncio.run(SCENES[name]())  # type: ignore[arg-type]
    armament.arm()
    watched = within(armament, SCENES[name])
    outside = asyncio.run(SCENES[name]())  # type: ignore[arg-type]
    armament.disarm()
    again = asyncio.run(SCENES[name]())  # type: ignore[arg-type]

    assert watched.value == bare
    assert outside == bare
    assert again == bare
    assert watched.n > 0
    assert not any(group.flying for group in watched.hops)


def test_the_adapters_look_as_before(armament: Armament) -> None:
    """`iscoroutinefunction`, names and signatures; off again they are the originals."""

    def looks() -> list[Any]:
        adapted, back = sync_to_async(len), async_to_sync(asyncio.sleep)
        return [
            inspect.iscoroutinefunction(SyncToAsync.__call__),
            inspect.iscoroutinefunction(AsyncToSync.__call__),
            iscoroutinefunction(adapted), iscoroutinefunction(back),
            inspect.iscoroutinefunction(adapted.__call__),
            inspect.signature(SyncToAsync.__call__), inspect.signature(AsyncToSync.__call__),
            SyncToAsync.__call__.__qualname__, AsyncToSync.__call__.__doc__,
            adapted.__name__, adapted.__wrapped__,
        ]  # fmt: skip

    watched = looks()
    armament.disarm()
    originals = (SyncToAsync.__call__, AsyncToSync.__call__)
    bare = looks()
    armament.arm()
    assert SyncToAsync.__call__ is not originals[0]
    armament.disarm()

    assert watched == bare
    assert (SyncToAsync.__call__, AsyncToSync.__call__) == originals
    assert "djscope" not in SyncToAsync.__call__.__code__.co_filename


class Heavy:
    """A host's object that must not outlive its use."""


def test_nothing_of_the_host_is_kept(run: Run) -> None:
    """Neither functions, arguments, results, nor exceptions; the groups of a unit do not."""
    seen: list[weakref.ref[Any]] = []

    async def scene() -> None:
        def function(argument: Heavy) -> Heavy:
            result = Heavy()
            seen.extend((weakref.ref(argument), weakref.ref(result)))
            return result

        seen.append(weakref.ref(function))
        await sync_to_async(function)(Heavy())
        try:
            await sync_to_async(function)()  # type: ignore[call-arg]
        except TypeError as error:
            seen.append(weakref.ref(error.__class__ and function))

    done = run(scene)

    def gone() -> bool:
        gc.collect()
        return [each() for each in seen] == [None] * 4

    assert done.n == 2
    until(gone, "their end: the thread that ran them has yet to return")


@pytest.fixture
def _disarming(armament: Armament) -> Iterator[None]:
    yield
    armament.arm()


@pytest.mark.usefixtures("_disarming")
def test_hops_under_way_survive_the_end_of_the_watch(armament: Armament) -> None:
    """Wrappers go while functions run in threads: values come, and the next ones are not ours."""

    async def scene() -> list[int]:
        taken, free = threading.Event(), threading.Event()

        def slowly(value: int) -> int:
            taken.set()
            assert free.wait(30)
            return value

        first = asyncio.ensure_future(sync_to_async(slowly)(1))
        await asyncio.to_thread(taken.wait, 30)
        armament.disarm()
        second = asyncio.ensure_future(sync_to_async(slowly)(2))
        await asyncio.sleep(0)
        free.set()
        return [await first, await second]

    assert within(armament, scene).value == [1, 2]
