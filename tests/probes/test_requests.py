"""Requests through Django's real handlers, as servers call them."""

from __future__ import annotations

import asyncio
import inspect
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.coroutines import stack_of_task
from djscope_probes.units import RequestUnit


def wsgi(path: str, query: str = "") -> Any:
    """Call the WSGI handler; the response is not closed yet."""
    from django.core.handlers.wsgi import WSGIHandler

    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "QUERY_STRING": query, "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    return WSGIHandler()(environ, lambda *_: None)


def ended(armament: Armament) -> list[RequestUnit]:
    return [unit for unit in armament.ledger.ended if isinstance(unit, RequestUnit)]


def serve(path: str, query: str = "") -> None:
    """A whole request, as a server serves it."""
    response = wsgi(path, query)
    b"".join(response)
    response.close()


def test_a_request_has_route_view_status_and_times(armament: Armament) -> None:
    """The route, never the path; wall and CPU time; the queries it made."""
    serve("/healthy/list/")
    (unit,) = ended(armament)

    assert (unit.name, unit.status, unit.method) == ("healthy/list/", 200, "GET")
    assert unit.view.endswith("healthy_list")
    assert unit.queries == 1
    assert unit.ended_ns > unit.responded_ns > unit.began_ns
    assert unit.cpu_ns > 0
    assert armament.ledger.running == {}


def test_a_path_that_no_route_matches_stays_private(armament: Armament) -> None:
    """A path may hold a token."""
    serve("/no/such/secret-token/")
    (unit,) = ended(armament)

    assert (unit.name, unit.status) == ("(no route)", 404)


def test_a_failing_view_tells_type_and_line(armament: Armament) -> None:
    """`get_response` never raises; the signal tells what happened, the message stays private."""
    for basket in range(8):
        serve("/request_failing/", f"basket={basket}")
    failed = [unit for unit in ended(armament) if unit.exception]

    assert failed
    assert {(unit.exception, unit.status) for unit in failed} == {("KeyError", 500)}
    assert failed[0].site is not None
    assert failed[0].site.function == "amount"


def test_streaming_ends_when_the_response_is_closed(armament: Armament) -> None:
    """What a generator asks of the database belongs to the request."""
    response = wsgi("/healthy/streaming/")
    assert len(armament.ledger.running) == 1

    b"".join(response)
    assert len(armament.ledger.running) == 1

    response.close()
    (unit,) = ended(armament)
    assert unit.queries >= 1


def test_a_server_that_never_closes_ends_a_request_with_the_next(armament: Armament) -> None:
    """Units do not pile up."""
    wsgi("/healthy/list/")
    serve("/healthy/list/")

    assert len(ended(armament)) == 2
    assert armament.ledger.running == {}


async def asgi(path: str) -> int:
    """A whole request through the ASGI handler; returns the status."""
    from django.core.handlers.asgi import ASGIHandler

    sent: list[dict[str, Any]] = []
    body = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "headers": [(b"host", b"x")],
        "query_string": b"", "server": ("x", 80), "scheme": "http", "http_version": "1.1",
        "asgi": {},
    }  # fmt: skip
    handler = ASGIHandler()
    await handler(scope, receive, send)
    return int(sent[0]["status"])


def test_an_async_request_counts_its_queries_in_executor_threads(armament: Armament) -> None:
    """The unit travels with the context; CPU time of a shared thread is not claimed."""
    assert asyncio.run(asgi("/n_plus_one_async/")) == 200
    (unit,) = ended(armament)

    assert (unit.protocol, unit.name, unit.status) == ("asgi", "n_plus_one_async/", 200)
    assert unit.queries > 10
    assert unit.cpu_ns == -1
    sites = {group.shape.site.function for group in unit.groups.values() if group.shape.site}
    assert any(site.startswith("n_plus_one_async") for site in sites), "not the executor's loop"


def test_coroutine_functions_stay_coroutine_functions(armament: Armament) -> None:
    """A wrapper that hid that would cause the very hops we look for."""
    from asgiref.sync import SyncToAsync
    from django.core.handlers.asgi import ASGIHandler
    from django.core.handlers.base import BaseHandler

    assert armament.armed
    assert inspect.iscoroutinefunction(ASGIHandler.__call__)
    assert inspect.iscoroutinefunction(BaseHandler.get_response_async)
    assert inspect.iscoroutinefunction(SyncToAsync.__call__)
    assert not inspect.iscoroutinefunction(BaseHandler.get_response)


def test_arming_and_disarming_leaves_every_original(shop: None) -> None:
    """A hundred times on and off, and nothing is wrapped."""
    from django.core.handlers.base import BaseHandler
    from django.db.backends.utils import CursorWrapper
    from django.db.models.query import ModelIterable

    targets = [
        (BaseHandler, "get_response"), (BaseHandler, "resolve_request"),
        (CursorWrapper, "_execute_with_wrappers"), (ModelIterable, "__iter__"),
    ]  # fmt: skip
    before = [owner.__dict__[name] for owner, name in targets]
    armament = Armament()
    for _ in range(100):
        armament.arm()
        assert armament.wrapped > 8
        armament.disarm()

    assert armament.wrapped == 0
    assert all(
        owner.__dict__[name] is original
        for (owner, name), original in zip(targets, before, strict=True)
    )


def test_a_task_of_asyncio_tells_where_it_stands() -> None:
    """Down the coroutines that it awaits, innermost first."""

    async def inner() -> None:
        await asyncio.sleep(10)

    async def outer() -> None:
        await inner()

    async def scene() -> list[str]:
        task = asyncio.create_task(outer())
        await asyncio.sleep(0.01)
        names = [frame.function.rpartition(".")[2] for frame in stack_of_task(task, {})]
        task.cancel()
        return names

    assert asyncio.run(scene()) == ["sleep", "inner", "outer"]


LATE = """\
import sys, django
django.setup()
assert "django.core.handlers.wsgi" not in sys.modules
from djscope_probes.arming import Armament
armament = Armament()
armament.arm()
before = armament.wrapped
import django.core.handlers.wsgi, django.core.handlers.asgi
armament.collect(0)
for handler in (django.core.handlers.wsgi.WSGIHandler, django.core.handlers.asgi.ASGIHandler):
    assert handler.__dict__["__call__"].__module__.startswith("django."), "disguised"
    assert "djscope" in handler.__dict__["__call__"].__code__.co_filename
assert armament.wrapped > before
armament.disarm()
assert armament.wrapped == 0
"""


def test_what_is_loaded_after_arming_is_reached_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`runserver` sets Django up first and loads its handlers later: the probe is armed by then."""
    monkeypatch.setenv("DJSCOPE_DEMO_DIR", str(tmp_path))
    monkeypatch.setenv("DJSCOPE_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("DJSCOPE_DISABLED", "1")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "shop_site.settings")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "demo"))
    done = subprocess.run(
        [sys.executable, "-c", LATE], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.returncode == 0, done.stderr
