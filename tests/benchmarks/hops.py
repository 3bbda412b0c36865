"""What watching costs per hop to a thread: `python -m tests.benchmarks.hops`.

First of whole hops: CPU time, off and watched in turns, the least of each; two threads and their
lock make it rough. Then of our hook alone, around an adapter that calls the function at once. That
can be counted: `valgrind --tool=callgrind … -m tests.benchmarks.hops off 1000`, and `watch 1000`,
each minus the same with fewer hops.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import django
from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.conf import settings

HOPS = 1_000
ROUNDS = 15
DEPTH = 12


def nothing() -> None:
    """What runs in the thread."""


async def at_once(hop: Any, *args: Any, **kwargs: Any) -> Any:
    """An adapter without a thread."""
    return hop.func(*args, **kwargs)


async def hops(n: int, depth: int = DEPTH) -> None:
    """Awaited from coroutines as deep as those of middlewares."""
    if depth:
        await hops(n, depth - 1)
        return
    adapted = sync_to_async(nothing)
    for _ in range(n):
        await adapted()


async def request(armament: Any, n: int) -> float:
    """CPU seconds of a request with so many hops."""
    from djscope_probes.units import RequestUnit

    unit = RequestUnit("asgi", "GET")
    armament.ledger.begin(unit)
    async with ThreadSensitiveContext():
        await hops(50)
        began = time.process_time()
        await hops(n)
        took = time.process_time() - began
    armament.ledger.end(unit)
    armament.ledger.ended.clear()
    return took


def measure(armament: Any, what: str) -> None:
    least = {False: 1e9, True: 1e9}
    for _ in range(ROUNDS):
        for watched in (False, True):
            if watched:
                armament.arm()
            least[watched] = min(least[watched], asyncio.run(request(armament, HOPS)))
            armament.disarm()
    off, watch = (least[each] / HOPS * 1e6 for each in (False, True))
    print(f"{what}: µs CPU off {off:.2f}, watched {watch:.2f}: {watch - off:+.2f}")


def main(arguments: list[str]) -> None:
    settings.configure(INSTALLED_APPS=[], LOGGING_CONFIG=None)
    django.setup()
    from django.core.handlers.asgi import ASGIHandler

    from djscope_probes.arming import Armament

    assert ASGIHandler  # loaded, as in a server
    armament = Armament()
    if not arguments:
        measure(armament, "whole hops")
    SyncToAsync.__call__ = at_once  # type: ignore[method-assign]
    if not arguments:
        measure(armament, "the hook alone")
        return
    if arguments[0] == "watch":
        armament.arm()
    asyncio.run(request(armament, int(arguments[1])))


if __name__ == "__main__":
    main(sys.argv[1:])
