"""Requests down the chain of this project, as a WSGI and as an ASGI server makes them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from djscope_probes.definitions import Definitions
from djscope_probes.records import record
from djscope_probes.units import RequestUnit

HERE = "tests.probes.chain.middleware."
NAMES = ("Outer", "function", "Plain", "Mixin", "Unused", "hybrid", "async_only", "Hooks")
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *(HERE + name for name in NAMES)]
SERVERS = ("wsgi", "asgi")
Answer = tuple[int, bytes]


@contextmanager
def project(middleware: list[str] | None = None) -> Iterator[None]:
    """Django's settings are this project's meanwhile."""
    from django.test import override_settings

    with override_settings(
        ROOT_URLCONF="tests.probes.chain.urls", MIDDLEWARE=middleware or MIDDLEWARE
    ):
        yield


def handler_of(server: str) -> Any:
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.wsgi import WSGIHandler

    return WSGIHandler() if server == "wsgi" else ASGIHandler()


def ask(handler: Any, path: str) -> Answer:
    """Status and body."""
    if type(handler).__name__ == "ASGIHandler":
        return asyncio.run(asked(handler, path))
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "QUERY_STRING": "", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    said: list[str] = []
    response = handler(environ, lambda status, _headers: said.append(status))
    body = b"".join(response)
    response.close()
    return int(said[0].split()[0]), body


async def asked(handler: Any, path: str) -> Answer:
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"",
        "headers": [(b"host", b"x")],
    }  # fmt: skip
    await handler(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


class Told:
    """What a viewer is told of a request's layers: [name, hook, mode, can, adapter, line] each, and
    of its spans: (layer, offset, took, own).
    """

    def __init__(self, unit: RequestUnit) -> None:
        defs = Definitions()
        event = json.loads(record(unit, defs))
        self.layers: list[list[Any]] = json.loads(defs.unsent[event[7]]) if event[7] else []
        self.spans: list[list[int]] = event[8]

    def own_ms(self) -> dict[tuple[str, str], float]:
        """(last part of the name, hook) → milliseconds."""
        found: dict[tuple[str, str], float] = {}
        for layer, _, _, own in self.spans:
            name, hook = self.layers[layer][:2]
            key = (name.rpartition(".")[2], hook)
            found[key] = found.get(key, 0) + own / 1000
        return found
