"""Bodies of requests: who read how much, and all of it as without a probe."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from itertools import count
from typing import Any

import pytest

from djscope_probes.arming import Armament
from tests.probes.bodies import (
    BODY,
    FORM,
    LINE,
    SCAN,
    URLENCODED,
    VIEWS,
    Seen,
    body_for,
    said,
)
from tests.probes.bodies import ask as asked
from tests.probes.bodies import serve as served
from tests.probes.bodies import serve_async as served_async

pytestmark = pytest.mark.usefixtures("collected")
EDGE = 64 * 1024


@pytest.mark.parametrize("name", VIEWS)
def test_a_request_is_what_it_is_without_us(armament: Armament, name: str) -> None:
    """Each way of reading and of answering: the same status, headers, parts and exceptions."""
    kind, body = body_for(name)
    watched = served(VIEWS[name], body, CONTENT_TYPE=kind)
    armament.disarm()
    bare = served(VIEWS[name], body, CONTENT_TYPE=kind)

    assert watched == bare


@pytest.mark.parametrize("name", VIEWS)
def test_an_async_request_is_what_it_is_without_us(armament: Armament, name: str) -> None:
    """The same under ASGI: every message."""
    kind, body = body_for(name)
    watched = asyncio.run(served_async(VIEWS[name], body, kind))
    armament.disarm()
    bare = asyncio.run(served_async(VIEWS[name], body, kind))

    assert watched == bare


@pytest.mark.parametrize("method", ["HEAD", "GET", "PUT"])
@pytest.mark.parametrize("name", ["large", "streamed", "post", "body", "form"])
def test_other_methods_are_what_they_are(armament: Armament, name: str, method: str) -> None:
    """A form is one for POST alone."""
    kind, body = body_for(name)
    watched = served(VIEWS[name], body, CONTENT_TYPE=kind, REQUEST_METHOD=method)
    armament.disarm()

    assert watched == served(VIEWS[name], body, CONTENT_TYPE=kind, REQUEST_METHOD=method)


# View → how, bytes held in memory.
READS = {
    "body": ("body", len(BODY)),
    "body twice": ("body", len(BODY)),
    "post": ("POST", len(BODY)),
    "post after body": ("body", len(BODY)),
    "body after post": ("POST", len(BODY)),
    "form": ("POST", len(SCAN) + len("A scan")),
    "form after body": ("body", len(FORM[1]) + len(SCAN) + len("A scan")),
    "form on disk": ("POST", len("A scan")),
    "read": ("read", len(BODY)),
    "read in chunks": ("read", 10_000),
    "lines": ("read", len(BODY)),
    "iterate": ("read", len(b"a=1&b=" + LINE)),
}


@pytest.mark.parametrize("protocol", ["wsgi", "asgi"])
@pytest.mark.parametrize("name", READS)
def test_who_read_how_much_of_it(armament: Armament, name: str, protocol: str) -> None:
    """All of the body was read, once; how, what of it was in memory, and the line."""
    kind, body = body_for(name)
    if protocol == "wsgi":
        served(VIEWS[name], body, CONTENT_TYPE=kind)
    else:
        asyncio.run(served_async(VIEWS[name], body, kind))
    seen = Seen(armament)
    how, memory = READS[name]

    assert seen.unit.protocol == protocol
    assert (seen.payload.announced, seen.payload.read) == (len(body), len(body))
    assert (seen.payload.how, seen.payload.memory) == (how, memory)
    assert seen.reader()[0] == "bodies.py"


def test_a_small_body_costs_no_stack(armament: Armament) -> None:
    """Below 64 KB amounts are enough."""
    served(VIEWS["body"], b"x" * (EDGE - 1))
    small = Seen(armament).payload
    served(VIEWS["body"], b"x" * EDGE)
    large = Seen(armament).payload

    assert (small.how, small.read, small.reader_id) == ("body", EDGE - 1, "")
    assert (large.how, large.read) == ("body", EDGE)
    assert large.reader_id


def test_a_request_without_a_body_reads_nothing(armament: Armament) -> None:
    """Whoever asks for one: nothing was read, so nobody did."""
    served(VIEWS["body twice"], b"", REQUEST_METHOD="GET", CONTENT_LENGTH="")
    payload = Seen(armament).payload

    assert (payload.announced, payload.read, payload.memory, payload.how) == (-1, 0, 0, "")


def middleware_that_reads(get_response: Any) -> Any:
    """As many log: the whole body of every request."""

    def middleware(request: Any) -> Any:
        assert len(request.body) >= 0
        return get_response(request)

    return middleware


def test_a_middleware_that_reads_is_who_did_it(armament: Armament) -> None:
    """Not the view, which gets what is there already, and no frame beyond the middleware's."""
    from django.test import override_settings

    def view(request: Any) -> Any:
        return said(len(request.body))

    with override_settings(MIDDLEWARE=[f"{__name__}.middleware_that_reads"]):
        served(view, BODY)
    seen = Seen(armament)

    assert seen.reader()[0] == "test_payloads.py"
    assert seen.reader()[1].endswith("middleware")
    assert seen.lines(seen.payload.reader_id)[-1] == seen.reader()


def test_csrf_protection_reads_a_form_first(armament: Armament) -> None:
    """It looks for its token, which is not there: the stack has its line, none of the project's."""
    from django.views.decorators.csrf import csrf_protect

    kind, body = FORM
    cookie = f"csrftoken={'a' * 32}"
    served(csrf_protect(VIEWS["form"]), body, CONTENT_TYPE=kind, HTTP_COOKIE=cookie)
    seen = Seen(armament)
    lines = seen.lines(seen.payload.reader_id)

    assert seen.payload.how == "POST"
    assert any((file, name[-12:]) == ("csrf.py", "_check_token") for file, name in lines)


@pytest.mark.parametrize("media", ["application/json", URLENCODED, "form", "upload"])
def test_rest_frameworks_parsers_are_seen(armament: Armament, media: str) -> None:
    """`request.data`, whichever parser it takes: JSON and forms whole, a file as it is kept."""
    from rest_framework.decorators import api_view, parser_classes
    from rest_framework.parsers import FileUploadParser, FormParser, JSONParser, MultiPartParser
    from rest_framework.response import Response

    parsers = [JSONParser, FormParser, MultiPartParser]
    kind, body = FORM if media == "form" else (media, BODY)
    more: dict[str, Any] = {}
    if media == "application/json":
        body = json.dumps(["a"] * 40_000).encode()
    if media == "upload":
        parsers, kind = [FileUploadParser], "image/png"
        more = {"HTTP_CONTENT_DISPOSITION": "attachment; filename=scan.png"}

    @api_view(["POST"])
    @parser_classes(parsers)
    def view(request: Any) -> Any:
        return Response({"keys": len(request.data)})

    watched = served(view, body, CONTENT_TYPE=kind, HTTP_ACCEPT="application/json", **more)
    seen = Seen(armament)
    armament.disarm()
    bare = served(view, body, CONTENT_TYPE=kind, HTTP_ACCEPT="application/json", **more)

    assert watched == bare
    assert watched[0] == "200 OK"
    assert seen.payload.read == len(body)
    assert seen.reader()[0] == "test_payloads.py"
    assert seen.payload.how == {"form": "POST", "upload": "read"}.get(media, "body")
    assert seen.payload.memory == {
        "form": len(SCAN) + len("A scan"), "upload": EDGE,
    }.get(media, len(body))  # fmt: skip


STORM = ("body", "post", "form", "read in chunks", "lines", "written", "streamed", "large")


def test_hooks_go_in_and_out_while_bodies_are_read(armament: Armament) -> None:
    """A hundred times under four threads of requests: each comes out as without a probe, and what
    is told never exceeds what there was.
    """
    expected = {name: answer(name) for name in STORM}
    armament.disarm()
    wrong: list[str] = []
    over = threading.Event()

    def visit() -> None:
        while not over.is_set():
            wrong.extend(name for name in STORM if answer(name) != expected[name])

    threads = [threading.Thread(target=visit) for _ in range(4)]
    for thread in threads:
        thread.start()
    read = []
    until = time.monotonic() + 60
    try:
        for turn in count():
            # A busy machine may need longer for a request that begins and ends in one turn.
            if turn >= 100 and (any(read) or time.monotonic() > until):
                break
            armament.arm()
            over.wait(0.01 * (1 + turn // 100))
            payloads = [getattr(each, "payload", None) for each in list(armament.ledger.ended)]
            read += [each.read for each in payloads if each is not None]
            armament.disarm()
    finally:
        over.set()
        for thread in threads:
            thread.join(60)

    assert wrong == []
    assert 0 < max(read, default=0) <= max(len(BODY), len(FORM[1]))


def answer(name: str) -> tuple[object, ...]:
    kind, body = body_for(name)
    return asked(VIEWS[name], body, CONTENT_TYPE=kind)
