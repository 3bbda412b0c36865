"""One of each kind; what it sleeps on its own is in `SLEEPS`, milliseconds."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpResponse
from django.utils.decorators import async_only_middleware, sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

SLEEPS = {
    "function": 20, "Plain": 30, "Mixin": 40, "hybrid": 50, "Hooks": 0, "async_only": 60,
}  # fmt: skip
VIEW_MS, PROCESS_VIEW_MS, TEMPLATE_RESPONSE_MS, EXCEPTION_MS = 70, 25, 35, 45


def pause(name: str) -> None:
    time.sleep(SLEEPS[name] / 1000)


def function(get_response: Any) -> Any:
    """Knows sync only; says nothing of itself."""

    def middleware(request: Any) -> Any:
        pause("function")
        return get_response(request)

    return middleware


class Plain:
    """A class that is sync only, as they were in Django 1.10."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        response = self.get_response(request)
        pause("Plain")
        return response


class Mixin(MiddlewareMixin):
    """Either, by Django's own mixin."""

    def process_request(self, request: Any) -> None:
        pause("Mixin")

    def process_response(self, request: Any, response: Any) -> Any:
        response["X-Mixin"] = "yes"
        return response


@sync_and_async_middleware
def hybrid(get_response: Any) -> Any:
    """Either, written out."""
    if iscoroutinefunction(get_response):

        async def middleware(request: Any) -> Any:
            await asyncio.sleep(SLEEPS["hybrid"] / 1000)
            return await get_response(request)

    else:

        def middleware(request: Any) -> Any:
            pause("hybrid")
            return get_response(request)

    return middleware


@async_only_middleware
def async_only(get_response: Any) -> Any:
    """Async only: below a sync server it is adapted."""

    async def middleware(request: Any) -> Any:
        await asyncio.sleep(SLEEPS["async_only"] / 1000)
        return await get_response(request)

    return middleware


class Hooks:
    """Has all hooks; answers instead of the view, or of its exception, where it is told to."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        if request.path == "/short/":
            return self._short() if iscoroutinefunction(self) else HttpResponse("short")
        return self.get_response(request)

    async def _short(self) -> HttpResponse:
        return HttpResponse("short")

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        time.sleep(PROCESS_VIEW_MS / 1000 if request.path == "/template/" else 0)
        return HttpResponse("instead") if request.path == "/instead/" else None

    def process_template_response(self, request: Any, response: Any) -> Any:
        time.sleep(TEMPLATE_RESPONSE_MS / 1000)
        return response

    def process_exception(self, request: Any, exception: Exception) -> Any:
        time.sleep(EXCEPTION_MS / 1000)
        request.META.setdefault("seen", []).append("Hooks")
        return HttpResponse(f"caught {exception}") if request.path == "/caught/" else None


class Outer(MiddlewareMixin):
    """Its `process_exception` is asked after that of those within."""

    def process_exception(self, request: Any, exception: Exception) -> Any:
        request.META.setdefault("seen", []).append("Outer")
        if request.path == "/order/":
            return HttpResponse(" ".join(request.META["seen"]))
        return None


class Unused:
    """Says that it is not wanted."""

    def __init__(self, get_response: Any) -> None:
        raise MiddlewareNotUsed("not here")
