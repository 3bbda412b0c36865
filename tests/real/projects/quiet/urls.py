"""Views that answer at once, and one that hangs until it is let go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path

from quiet import probes
from quiet import work as tasks
from quiet.state import state

MEGABYTE = 1_000_000


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def show_state(request: HttpRequest) -> HttpResponse:
    return JsonResponse(state())


def loop(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        for number in range(12):
            cursor.execute("SELECT %s", [number])  # finding: loop
    return HttpResponse("looped")


def hang(request: HttpRequest, name: str) -> HttpResponse:
    """Stands at the marked line until somebody writes to the FIFO."""
    gate = settings.RUN_DIR / name
    (settings.RUN_DIR / f"{name}.since").write_text(str(time.time()))
    return HttpResponse(gate.read_text())  # hangs: request


async def wait(request: HttpRequest, name: str) -> HttpResponse:
    """Waits at the marked line until the file is gone; then asks the database."""
    gate = settings.RUN_DIR / name
    (settings.RUN_DIR / f"{name}.since").write_text(str(time.time()))
    while gate.exists():
        await asyncio.sleep(0.05)  # waits: request
    await sync_to_async(loop)(request)
    return HttpResponse("waited")


async def block(request: HttpRequest) -> HttpResponse:
    """Keeps all other requests waiting."""
    return HttpResponse(sleep())


def sleep() -> str:
    time.sleep(0.4)  # blocks: loop
    return "blocked"


def order(request: HttpRequest, task: str, name: str) -> HttpResponse:
    """Orders a task by its name in `quiet.work`."""
    vars(tasks)[task].delay(name)
    return HttpResponse("ordered")


def each(request: HttpRequest, verb: str) -> HttpResponse:
    """Something to do in each process, see `quiet.probes`."""
    return JsonResponse(probes.do(verb))


def counted(request: HttpRequest) -> HttpResponse:
    """Told in full, see tests/real/lives.py; `?now` and `?late` for processes that do not last."""
    if request.GET:
        probes.await_armed("late" in request.GET)
    return loop(request)


def take(request: HttpRequest) -> HttpResponse:
    """Reads a body of any size in chunks."""
    size = 0
    while chunk := request.read(MEGABYTE):
        size += len(chunk)
    return HttpResponse(str(size))


def give(request: HttpRequest, number: int) -> HttpResponseBase:
    """So many megabytes, one after the other."""
    return StreamingHttpResponse(bytes(MEGABYTE) for _ in range(number))


async def give_async(request: HttpRequest, number: int) -> HttpResponseBase:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(number):
            yield bytes(MEGABYTE)

    return StreamingHttpResponse(parts())


def work(request: HttpRequest) -> HttpResponse:
    """Load in the background."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("worked")


urlpatterns = [
    path("", hello),
    path("state/", show_state),
    path("loop/", loop),
    path("each/<verb>/", each),
    path("counted/", counted),
    path("work/", work),
    path("take/", take),
    path("give/<int:number>/", give),
    path("give_async/<int:number>/", give_async),
    path("hang/<name>/", hang),
    path("wait/<name>/", wait),
    path("block/", block),
    path("order/<task>/<name>/", order),
]
