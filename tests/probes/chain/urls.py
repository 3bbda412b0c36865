"""Views that middleware of this project has something to do with."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path

from tests.probes.chain.middleware import VIEW_MS

SOURCE = "Hello {{ name }}"
# Templates of one view, and what each of them sleeps.
OFTEN, OFTEN_MS = 150, 1
# The view that hangs was reached.
HANGING = threading.Event()


def slow(request: Any) -> HttpResponse:
    time.sleep(VIEW_MS / 1000)
    return HttpResponse("slow")


async def slow_async(request: Any) -> HttpResponse:
    await asyncio.sleep(VIEW_MS / 1000)
    return HttpResponse("slow")


async def hanging(request: Any) -> HttpResponse:
    HANGING.set()
    await asyncio.sleep(60)
    return HttpResponse("hanging")


def template(request: Any) -> TemplateResponse:
    return TemplateResponse(request, engines["django"].from_string(SOURCE), {"name": "you"})


def often(request: Any) -> HttpResponse:
    one = engines["django"].from_string(SOURCE)
    names = {"name": lambda: time.sleep(OFTEN_MS / 1000)}
    return HttpResponse("".join(one.render(names) for _ in range(OFTEN)))


def boom(request: Any) -> HttpResponse:
    raise ValueError("boom")


async def boom_async(request: Any) -> HttpResponse:
    raise ValueError("boom")


def stream(request: Any) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield "a"
        time.sleep(0.05)
        yield "b"

    return StreamingHttpResponse(parts())


def quick(request: Any) -> HttpResponse:
    return HttpResponse("quick")


urlpatterns = [
    path("slow/", slow),
    path("slow_async/", slow_async),
    path("hanging/", hanging),
    path("template/", template),
    path("often/", often),
    path("caught/", boom),
    path("order/", boom),
    path("boom/", boom),
    path("boom_async/", boom_async),
    path("stream/", stream),
    path("quick/", quick),
    path("short/", quick),
    path("instead/", quick),
]
