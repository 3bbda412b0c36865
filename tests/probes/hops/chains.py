"""Views and a middleware that is sync-only, for chains of Django's own middlewares."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.urls import path


async def async_view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("async")


async def gather_view(_request: HttpRequest) -> HttpResponse:
    """Hops in tasks of their own."""
    numbers = await asyncio.gather(*(sync_to_async(abs)(-n) for n in range(3)))
    return HttpResponse(str(numbers))


def sync_view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("sync")


class SyncOnly:
    """Knows no coroutines."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


urlpatterns = [
    path("async/", async_view), path("gather/", gather_view), path("sync/", sync_view),
]  # fmt: skip
DEFAULTS = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SYNC_ONLY = "tests.probes.hops.chains.SyncOnly"
CHAINS = {
    "none": [],
    "defaults": DEFAULTS,
    "sync-only innermost": [*DEFAULTS, SYNC_ONLY],
    "sync-only outermost": [SYNC_ONLY, *DEFAULTS],
    "alternating": [SYNC_ONLY, DEFAULTS[0], SYNC_ONLY, DEFAULTS[2], SYNC_ONLY],
}
