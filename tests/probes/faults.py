"""Faults put into the probe's own functions, and what a host does meanwhile."""

from __future__ import annotations

import asyncio
import importlib
import io
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import djscope_probes
from djscope_probes.arming import Armament
from tests.probes.library.cases import CASES, HEALTHY
from tests.real.projects.targets import codes

PACKAGE = djscope_probes.__file__.rpartition("/")[0] + "/"
PAGES = (
    "/n_plus_one/", "/n_plus_one_reverse/", "/healthy/authors/", "/query_loop/", "/healthy/list/",
    "/healthy/streaming/", "/healthy/template/", "/request_failing/?basket=1", "/healthy/missing/",
    "/no/such/page/", "/healthy/async_get/",
)  # fmt: skip
ASYNC_PAGES = ("/n_plus_one_async/", "/healthy/async_list/", "/healthy/list/")


def modules() -> Iterator[ModuleType]:
    """All of the probe's, but what `djscope run` puts on the path."""
    for found in pkgutil.walk_packages(djscope_probes.__path__, "djscope_probes."):
        if ".startup" not in found.name and not found.name.endswith(".apps"):
            yield importlib.import_module(found.name)


def functions() -> dict[str, FunctionType]:
    """Every function and method that the probe defines, by its full name."""
    found: dict[str, FunctionType] = {}

    def look(owner: Any) -> None:
        for value in list(vars(owner).values()):
            inner = getattr(value, "fget", None) or getattr(value, "__func__", value)
            if isinstance(inner, FunctionType) and inner.__code__.co_filename.startswith(PACKAGE):
                found[f"{inner.__module__}.{inner.__qualname__}"] = inner
            elif isinstance(value, type) and value.__module__ == owner.__name__:
                look(value)

    for module in modules():
        look(module)
    return found


def _fail(*_arguments: Any, **_options: Any) -> Any:
    raise RuntimeError("broken on purpose")


@contextmanager
def broken(function: FunctionType, fault: FunctionType = _fail) -> Iterator[None]:
    """Meanwhile the function does what `fault` does, whoever holds on to it."""
    code: CodeType = function.__code__
    with warnings.catch_warnings():
        # From 3.13 on Python would rather not see a generator's code replaced by a function's.
        warnings.simplefilter("ignore", DeprecationWarning)
        function.__code__ = fault.__code__.replace(co_freevars=code.co_freevars)
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            function.__code__ = code


@contextmanager
def noting(calls: set[CodeType]) -> Iterator[None]:
    """Meanwhile the code of every function of the probe that this thread calls is noted."""

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(PACKAGE):
            calls.add(frame.f_code)

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(None)


def hooks(armament: Armament) -> dict[str, CodeType]:
    """Every wrapper and receiver that is in the host now, by name."""
    found = {}
    for instrument in armament._instruments:
        patches = instrument.patches
        for patch in patches._in.values():
            if patch.gone:
                continue
            # Managers of generic relations have a class each, all of one name.
            [code] = [each for each in codes(patch.wrapper) if each.co_filename.startswith(PACKAGE)]
            found[f"{patch.label} {patch.place.key}"] = code
        for (_, uid), signal in patches._receivers.items():
            for entry in signal.receivers:
                if entry[0][0] == uid:
                    function = entry[1].__func__
                    found[function.__qualname__] = function.__code__
    return found


def host() -> list[object]:
    """What a host does, and what comes of it: pages, async pages, tasks, commands to a database."""
    return [result for part in PARTS.values() for result in part()]


def pages() -> Iterator[object]:
    yield from map(request, PAGES)


def async_pages() -> Iterator[object]:
    for path in ASYNC_PAGES:
        yield asyncio.run(async_request(path))


def hops() -> Iterator[object]:
    """Requests through middlewares that make hops, to views that make more."""
    from django.test import override_settings

    from tests.probes.hops.chains import CHAINS

    chain = CHAINS["sync-only innermost"][-3:]
    with override_settings(MIDDLEWARE=chain, ROOT_URLCONF="tests.probes.hops.chains"):
        for path in ("/gather/", "/sync/"):
            yield asyncio.run(async_request(path))


def bodies() -> Iterator[object]:
    """Read in every way, written in parts, streamed, on both kinds of servers."""
    from tests.probes.bodies import BODIES, VIEWS, serve, serve_async

    for name in BODIES:
        yield name, serve(VIEWS[name], **BODIES[name])
    for name in ("streamed", "streamed async"):
        yield name, asyncio.run(serve_async(VIEWS[name]))


def relations() -> Iterator[str]:
    """Rows reached through every kind of relation."""
    from tests.probes.library import models

    for code, _ in CASES.values():
        yield repr(code(models))
    for healthy in HEALTHY.values():
        yield repr(healthy(models))


def templates() -> Iterator[str]:
    """A response that is rendered late; the other engine, where a test has loaded it."""
    from django.template import engines
    from django.template.response import SimpleTemplateResponse

    template = engines["django"].from_string("{{ n }}")
    yield SimpleTemplateResponse(template, {"n": 1}).render().content.decode()
    jinja = sys.modules.get("django.template.backends.jinja2")
    if jinja is not None:
        engine = jinja.Jinja2({"NAME": "jinja", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}})
        yield engine.from_string("{{ n }}").render({"n": 1})


def command() -> Iterator[str]:
    """What a management command says."""
    from django.core.management import call_command

    said = io.StringIO()
    call_command("check", stdout=said)
    yield said.getvalue()


def request(target: str) -> tuple[str, bytes]:
    """Status and body of a request, as a WSGI server makes it."""
    from django.core.handlers.wsgi import WSGIHandler

    path, _, query = target.partition("?")
    said: list[str] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "x", "SERVER_PORT": "80",
        "QUERY_STRING": query, "wsgi.input": io.BytesIO(), "wsgi.url_scheme": "http",
    }  # fmt: skip
    response = WSGIHandler()(environ, lambda status, _headers: said.append(status))
    body = b"".join(response)
    response.close()
    return said[0], body


async def async_request(path: str) -> tuple[int, bytes]:
    """The same as an ASGI server makes it."""
    from django.core.handlers.asgi import ASGIHandler

    sent: list[dict[str, Any]] = []
    asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in asked:
            return message
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"",
        "headers": [(b"host", b"x")],
    }  # fmt: skip
    await ASGIHandler()(scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def tasks() -> Iterator[object]:
    """Runs that succeed, fail, and are retried."""
    from shop.scenarios.tasks import n_plus_one_task, task_failing

    yield n_plus_one_task.apply().result
    for parcel in (0, 1):
        result = task_failing.apply(args=[parcel])
        yield result.state, type(result.result).__name__


def statements() -> Iterator[object]:
    """What fails, what is fetched in chunks, what is written."""
    from django.db import DatabaseError, connection, transaction

    from shop.models import Book, Country

    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT * FROM nowhere")
        except DatabaseError as error:
            yield repr(error)
    yield [book.pk for book in Book.objects.order_by("pk")[:30].iterator(chunk_size=7)]
    with transaction.atomic():
        yield Country.objects.filter(code="NL").update(name="Netherlands")
    yield Book.objects.filter(pk=1).first().author.country.name


# What a host does, in parts that do not need one another.
PARTS: dict[str, Callable[[], Iterator[object]]] = {
    each.__name__: each
    for each in (
        pages, async_pages, hops, tasks, statements, command, templates, relations, bodies,
    )
}  # fmt: skip
