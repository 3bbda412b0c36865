"""An ASGI application full of hops; a thread of its own puts the probe's hooks in and out.

`/turns/` says how often that has been done, and whether the originals are back.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time
from collections.abc import Callable

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

TURNS = int(os.environ.get("HOPPER_TURNS", "200"))
VARIABLE: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)
turns = 0
seen = 0
back: list[bool] = []
failures: list[str] = []


class SyncOnly:
    """Knows no coroutines."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


def add(value: int) -> int:
    VARIABLE.set(VARIABLE.get() + value)
    time.sleep(0.0005)
    return value


async def deep(value: int) -> int:
    return await sync_to_async(add)(value)


async def hop(_request: HttpRequest, n: int) -> HttpResponse:
    """Hops of all kinds, whose sum is `n` whatever happens meanwhile."""
    each = await asyncio.gather(*(sync_to_async(add)(1) for _ in range(n)))
    one = await sync_to_async(lambda: async_to_sync(deep)(5))()
    pool = await sync_to_async(add, thread_sensitive=False)(3)
    VARIABLE.set(0)
    await sync_to_async(add)(7)
    return HttpResponse(f"{sum(each)} {one} {pool} {VARIABLE.get()}")


def plain(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


async def told(_request: HttpRequest) -> HttpResponse:
    return JsonResponse({"turns": turns, "seen": seen, "back": all(back), "failures": failures[:5]})


def take_turns() -> None:
    """In, serve for a moment, out: so often."""
    global turns, seen
    from asgiref.sync import AsyncToSync, SyncToAsync

    from djscope_probes.arming import Armament

    armament = Armament()
    originals = (SyncToAsync.__dict__["__call__"], AsyncToSync.__dict__["__call__"])
    while turns < TURNS:
        armament.arm()
        time.sleep(0.015)
        seen += sum('"sync_to_async"' in event for event in armament.collect(0))
        armament.disarm()
        found = (SyncToAsync.__dict__["__call__"], AsyncToSync.__dict__["__call__"])
        back.append(found == originals and armament.wrapped == 0)
        failures.extend(each.guard.last for each in armament._instruments if each.guard.failures)
        time.sleep(0.005)
        turns += 1


settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, LOGGING_CONFIG=None, SECRET_KEY="hopper",
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.SyncOnly",
                "django.middleware.csrf.CsrfViewMiddleware"],
)  # fmt: skip
urlpatterns = [path("hop/<int:n>/", hop), path("", plain), path("turns/", told)]
if os.environ.get("HOPPER_SERVES"):
    import django
    from django.core.asgi import get_asgi_application

    django.setup()
    application = get_asgi_application()
    threading.Thread(target=take_turns, daemon=True).start()
