"""A handler is met wherever it is: nothing that wraps it has to be known."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from djscope_probes.arming import Armament
from tests.probes.chain.hooked import told
from tests.probes.chain.served import ask, asked, handler_of

TO_INSTALL = "not installed: pip install whitenoise starlette channels sentry-sdk"


def library(name: str) -> Any:
    return pytest.importorskip(name, reason=f"{name} is {TO_INSTALL}")


def whitenoise(handler: Any) -> Any:
    return library("whitenoise").WhiteNoise(handler)


def sentry(handler: Any) -> Any:
    return library("sentry_sdk.integrations.wsgi").SentryWsgiMiddleware(handler)


def opentelemetry(handler: Any) -> Any:
    return library("opentelemetry.instrumentation.wsgi").OpenTelemetryMiddleware(handler)


def starlette(handler: Any) -> Any:
    mount = library("starlette.routing").Mount("/", app=handler)
    return library("starlette.applications").Starlette(routes=[mount])


def channels(handler: Any) -> Any:
    return library("channels.routing").ProtocolTypeRouter({"http": handler})


def sentry_asgi(handler: Any) -> Any:
    return library("sentry_sdk.integrations.asgi").SentryAsgiMiddleware(handler)


@pytest.mark.parametrize("around", [whitenoise, sentry, opentelemetry])
def test_within_wsgi(armament: Armament, quick: None, around: Any) -> None:
    """WhiteNoise around the application, as its guide has it; APMs around that."""
    assert ask(around(handler_of("wsgi")), "/quick/") == (200, b"quick")
    assert told(armament).own_ms()["Plain", "call"] >= 0


@pytest.mark.parametrize("around", [starlette, channels, sentry_asgi])
def test_within_asgi(armament: Armament, quick: None, around: Any) -> None:
    """A mount of Starlette's, Channels' routing, an APM."""
    answer = asyncio.run(asked(around(handler_of("asgi")), "/quick/"))

    assert answer == (200, b"quick")
    assert told(armament).own_ms()["Plain", "call"] >= 0
