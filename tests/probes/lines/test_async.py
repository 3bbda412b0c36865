"""Coroutines, threads that they wait for, and responses that are streamed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.probes.lines.conftest import Ask, asked, line

LIST = "templates/lines/list.html"


def test_the_awaiting_line_is_the_site(ask: Ask) -> None:
    """Below the middlewares of a sync server, whose thread waits for the coroutine."""
    (found,) = ask("pages", "/awaited/")

    assert found.where == line("pages.py", "names = [work.title")


def test_a_template_in_a_thread_is_the_site(ask: Ask) -> None:
    """Nothing else of the application runs there; the line that awaits it is in the stack."""
    for _ in range(2):
        found = {each.path: each for each in ask("pages", "/thread/")}

        assert found["editor"].where == line(LIST, "work.editor")
        assert found["editor"].origin == line(LIST, "{% for")


def test_a_streamed_response_is_its_generators_line(ask: Ask) -> None:
    """It runs when the view has long returned."""
    found = {each.path: each for each in ask("pages", "/streamed/")}

    assert found["writer"].where == line("pages.py", "yield work.writer.name")
    assert found["writer"].origin == line("pages.py", "    for work in Work.objects")


def streamed(path: str) -> None:
    """A request through Django's ASGI handler, to the end of its response."""
    from django.core.handlers.asgi import ASGIHandler

    async def request() -> None:
        scope = {
            "type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"",
            "http_version": "1.1", "scheme": "http", "asgi": {"version": "3.0"},
        }  # fmt: skip
        asked = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, object]:
            found = next(asked, None)
            if found is None:
                await asyncio.sleep(60)
            return found or {}

        async def send(message: object) -> None:
            """Nobody reads it."""

        await handler(scope, receive, send)

    handler = ASGIHandler()
    asyncio.run(request())


@pytest.mark.parametrize("path", ["/streamed-async/", "/awaited/", "/thread/", "/works/"])
def test_a_request_of_an_asgi_server(library: Any, armament: Armament, path: str) -> None:
    """The generator's line, the awaiting line, the template's; not who runs the loop."""
    from django.test import override_settings

    from tests.probes.lines.conftest import DJANGO

    with override_settings(
        ROOT_URLCONF="tests.probes.lines.pages", TEMPLATES=[DJANGO], MIDDLEWARE=[]
    ):
        streamed(path)
    (unit,) = armament.ledger.ended
    sites = {each.where for each in asked(unit)}

    assert sites == EXPECTED[path]


EXPECTED = {
    "/streamed-async/": {line("pages.py", "    async for work in")},
    "/awaited/": {line("pages.py", "names = [work.title")},
    "/works/": {
        line("pages.py", "class Works("), line(LIST, "{% for"),
        line(LIST, "work.writer"), line(LIST, "work.editor"),
    },
    "/thread/": {
        line(LIST, "{% for"), line(LIST, "work.writer"), line(LIST, "work.editor")
    },
}  # fmt: skip


def test_who_waits_for_a_coroutine_did_not_ask(armament: Armament, library: Any) -> None:
    """`async_to_sync` runs what the coroutine sends to a thread in the thread that waits."""
    from asgiref.sync import async_to_sync

    async def helper() -> int:
        return int(await library.Work.objects.acount())

    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    async_to_sync(helper)()
    armament.ledger.end(unit)
    (found,) = asked(unit)

    assert found.function.endswith("helper")
