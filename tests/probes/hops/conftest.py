"""A request under way around a coroutine, and what was booked on it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from asgiref.sync import sync_to_async

from djscope_probes.arming import Armament
from djscope_probes.hops import HopGroup
from djscope_probes.units import RequestUnit


class Done(NamedTuple):
    """What a coroutine came to, and its hops."""

    value: Any
    hops: list[HopGroup]

    @property
    def n(self) -> int:
        return sum(group.n for group in self.hops)


def within(armament: Armament, scene: Callable[[], Awaitable[Any]]) -> Done:
    """Run a coroutine as a request of an ASGI server does, in a loop of its own."""
    unit = RequestUnit("asgi", "GET")

    async def request() -> Any:
        armament.ledger.begin(unit)
        try:
            return await scene()
        finally:
            armament.ledger.end(unit)

    value = asyncio.run(request())
    armament.ledger.ended.clear()
    return Done(value, list(unit.hops.groups.values()) if unit.hops else [])


@pytest.fixture(scope="session", autouse=True)
def _shared_thread() -> None:
    """asgiref's one thread stays for as long as the process."""
    asyncio.run(sync_to_async(int)())


Run = Callable[[Callable[[], Awaitable[Any]]], Done]


@pytest.fixture
def run(armament: Armament) -> Run:
    return lambda scene: within(armament, scene)
