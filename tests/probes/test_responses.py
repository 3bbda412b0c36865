"""Bodies of responses: how large, who made them, how they are streamed, all as without a probe."""

from __future__ import annotations

import asyncio
import inspect
import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.payloads import of
from djscope_probes.units import RequestUnit
from tests.probes.bodies import (
    PARTS,
    SCAN,
    VIEWS,
    Seen,
    environ,
    handler,
    said,
    scope,
)
from tests.probes.bodies import serve as served
from tests.probes.bodies import serve_async as served_async

pytestmark = pytest.mark.usefixtures("collected")
# View → (bytes, streamed, chunks) of the response under WSGI and under ASGI.
LISTED = sum(len(b"%d\n" % number) for number in range(PARTS))
ANSWERS = {
    "large": ((2 * len(SCAN), False, 0), (2 * len(SCAN), False, 0)),
    "not modified": ((0, False, 0), (0, False, 0)),
    "wrong length": ((100, False, 0), (100, False, 0)),
    "streamed": ((LISTED, True, PARTS), (LISTED, False, PARTS)),
    "streamed async": ((LISTED, True, PARTS), (LISTED, True, PARTS)),
    # In blocks of 4 kB, and of 64 kB under ASGI.
    "a file": ((len(SCAN), True, 63), (len(SCAN), False, 4)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_how_much_was_sent(armament: Armament, name: str) -> None:
    """Bytes of what Django handed over, whatever Content-Length says; a sync iterator under ASGI is
    not streamed: Django reads it to its end first.
    """
    served(VIEWS[name])
    wsgi = Seen(armament).payload
    asyncio.run(served_async(VIEWS[name]))
    asgi = Seen(armament).payload

    assert (wsgi.sent, wsgi.streamed, wsgi.chunks) == ANSWERS[name][0]
    assert (asgi.sent, asgi.streamed, asgi.chunks) == ANSWERS[name][1]
    assert (wsgi.first_us >= 0) == (asgi.first_us >= 0) == (wsgi.chunks > 0)
    assert not wsgi.closed_early
    assert not asgi.closed_early


@pytest.mark.parametrize(("name", "function"), [("large", "large"), ("written", "written")])
def test_who_made_a_large_response(armament: Armament, name: str, function: str) -> None:
    """Handed over at once, or written part by part as `csv.writer` does."""
    served(VIEWS[name])
    seen = Seen(armament)

    assert seen.payload.sent > 256 * 1024
    assert seen.lines(seen.payload.builder_id)[0][1].endswith(("__init__", "written"))
    assert ("bodies.py", function) in seen.lines(seen.payload.builder_id)


def test_a_small_response_has_no_builder(armament: Armament) -> None:
    """Below 256 KB nobody walks along the stack."""
    served(VIEWS["wrong length"])

    assert Seen(armament).payload.builder_id == ""


class FileWrapper:
    """As servers have: it reads the file, and knows the response by its `close` alone."""

    def __init__(self, file: Any, block_size: int) -> None:
        self.file, self.close = file, file.close

    def __iter__(self) -> Any:
        return iter(lambda: self.file.read(8_192), b"")


def test_a_file_that_the_server_sends_counts_by_its_length(armament: Armament) -> None:
    """`wsgi.file_wrapper`: nobody iterates over the response, and that is not closing it early."""
    watched = served(VIEWS["a file"], **{"wsgi.file_wrapper": FileWrapper})
    payload = Seen(armament).payload
    armament.disarm()

    assert watched == served(VIEWS["a file"], **{"wsgi.file_wrapper": FileWrapper})
    assert (payload.sent, payload.streamed, payload.closed_early) == (len(SCAN), True, False)


def test_a_response_that_is_closed_early_says_so(armament: Armament) -> None:
    """The client went away after three chunks: the generator is closed as ever."""
    closed: list[int] = []

    def view(request: Any) -> Any:
        from django.http import StreamingHttpResponse

        def endless() -> Any:
            try:
                while True:
                    yield b"12345"
            finally:
                closed.append(1)

        return StreamingHttpResponse(endless())

    for _ in range(2):
        response = handler(view)(environ(b""), lambda *_: None)
        parts = iter(response)
        assert [next(parts) for _ in range(3)] == [b"12345"] * 3
        response.close()
        assert closed
        closed.clear()
        if armament.armed:
            payload = Seen(armament).payload
            armament.disarm()

    assert (payload.sent, payload.chunks, payload.closed_early) == (15, 3, True)


def test_an_async_stream_is_closed_as_without_us(armament: Armament) -> None:
    """`aclosing`, `aclose` in the middle, an exception and a cancellation reach the generator the
    same way, and what the consumer sees is the same.
    """
    from django.http import StreamingHttpResponse

    def scene(way: str) -> list[str]:
        log: list[str] = []

        async def parts() -> AsyncIterator[bytes]:
            try:
                yield b"1"
                if way == "fails":
                    raise KeyError("mine")
                await asyncio.sleep(0 if way != "cancelled" else 60)
                yield b"2"
            except BaseException as error:
                log.append(type(error).__name__)
                raise
            finally:
                log.append("closed")

        async def consume() -> None:
            unit = RequestUnit("asgi", "GET")
            armament.ledger.begin(unit)
            unit.responded_ns, unit.payload = 1, None
            of(unit)
            response = StreamingHttpResponse(parts())
            stream = aiter_of(response)
            try:
                async for part in stream:
                    log.append(part.decode())
                    if way == "closed":
                        break
            except KeyError as error:
                log.append(f"consumer: {error!r}")
            finally:
                await stream.aclose()
                log.append("consumed")
                armament.ledger.end(unit)
            del response, stream
            await asyncio.sleep(0.01)

        async def main() -> None:
            task = asyncio.create_task(consume())
            await asyncio.sleep(0.01)
            if way == "cancelled":
                task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())
        return log

    ways = ("whole", "closed", "fails", "cancelled")
    watched = [scene(way) for way in ways]
    armament.disarm()

    assert watched == [scene(way) for way in ways]
    assert watched[0] == ["1", "2", "closed", "consumed"]


def aiter_of(response: Any) -> Any:
    return response.__aiter__()


def test_djangos_warning_names_the_line_that_it_is_about(armament: Armament) -> None:
    """Of a sync iterator under ASGI: no frame of ours stands between Django's two."""
    with warnings.catch_warnings(record=True) as bare:
        warnings.simplefilter("always")
        asyncio.run(quietly_streamed())
        armament.disarm()
        asyncio.run(quietly_streamed())
    first, second = [each for each in bare if "StreamingHttpResponse" in str(each.message)]

    assert (first.filename, first.lineno) == (second.filename, second.lineno)
    assert "djscope" not in first.filename


async def quietly_streamed() -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None: ...

    asked = [await receive()]

    async def once() -> Any:
        if not asked:
            await asyncio.sleep(60)
        return asked.pop()

    await handler(VIEWS["streamed"], asgi=True)(scope(b"", "text/plain"), once, send)


def test_what_a_view_iterates_over_itself_is_not_sent(armament: Armament) -> None:
    """A streaming response that a view reads for itself is not this request's."""
    from django.http import StreamingHttpResponse

    def view(request: Any) -> Any:
        return said(b"".join(StreamingHttpResponse(iter([b"x" * 5_000]))) == b"x" * 5_000)

    served(view)
    payload = Seen(armament).payload

    assert (payload.sent, payload.streamed, payload.chunks) == (len(b"True"), False, 0)


def test_properties_stay_properties(armament: Armament) -> None:
    """With their text, their setters, and nothing of ours that is seen from outside."""
    from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

    body, content = vars(HttpRequest)["body"], vars(HttpResponse)["content"]
    assert isinstance(body, property)
    assert isinstance(content, property)
    assert (body.fget.__name__, body.fset) == ("body", None)
    assert (content.fget.__name__, content.fset.__name__) == ("content", "content")
    assert inspect.signature(HttpRequest.read) == inspect.signature(
        HttpRequest.read.__wrapped__  # type: ignore[attr-defined]
    )
    assert not inspect.iscoroutinefunction(StreamingHttpResponse.__aiter__)
    armament.disarm()

    assert vars(HttpRequest)["body"] is not body
    assert vars(HttpResponse)["content"] is not content
