"""Views that read their request's body, or make their response's, in every way there is."""

from __future__ import annotations

import asyncio
import csv
import inspect
import io
import json
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import Any

from djscope_probes.arming import Armament
from djscope_probes.definitions import Definitions
from djscope_probes.payloads import told
from djscope_probes.units import RequestUnit
from djscope_probes.wire import Payload

View = Callable[[Any], Any]
URLENCODED = "application/x-www-form-urlencoded"
BOUNDARY = "edge"
SCAN = bytes(range(256)) * 1_000
FORM = (
    f"multipart/form-data; boundary={BOUNDARY}",
    b'--edge\r\nContent-Disposition: form-data; name="title"\r\n\r\nA scan\r\n'
    b'--edge\r\nContent-Disposition: form-data; name="scan"; filename="s.bin"\r\n'
    b"Content-Type: application/octet-stream\r\n\r\n" + SCAN + b"\r\n--edge--\r\n",
)
PARTS = 40
LINE = b"twenty-two\n"
BODY = b"a=1&b=" + LINE * 20_000
# Files whose lines are the application's here.
OURS = ("bodies.py", "test_payloads.py", "test_responses.py")


def said(value: object) -> Any:
    from django.http import HttpResponse

    return HttpResponse(repr(value)[:20_000])


def caught(code: Callable[[], object]) -> str:
    """What it raises, in words."""
    try:
        return f"no error: {code()!r:.50}"
    except Exception as error:
        return repr(error)


def in_chunks(request: Any) -> list[int]:
    sizes = []
    while chunk := request.read(10_000):
        sizes.append(len(chunk))
    return sizes


def files(request: Any) -> object:
    found = [(each.name, each.size, type(each).__name__) for each in request.FILES.values()]
    return dict(request.POST), found, [each.read(9) for each in request.FILES.values()]


def on_disk(request: Any) -> object:
    """With an upload handler of the view's own."""
    from django.core.files.uploadhandler import TemporaryFileUploadHandler

    request.upload_handlers = [TemporaryFileUploadHandler(request)]
    return files(request)


def written(request: Any) -> Any:
    from django.http import HttpResponse

    response = HttpResponse(content_type="text/csv")
    writer = csv.writer(response)
    for number in range(9_000):
        writer.writerow([number, "a book of which there is much to say"])
    return response


def parts() -> Iterator[bytes]:
    for number in range(PARTS):
        yield b"%d\n" % number


async def async_parts() -> AsyncIterator[bytes]:
    for number in range(PARTS):
        await asyncio.sleep(0)
        yield b"%d\n" % number


def streamed(request: Any) -> Any:
    from django.http import StreamingHttpResponse

    return StreamingHttpResponse(parts())


def streamed_async(request: Any) -> Any:
    from django.http import StreamingHttpResponse

    return StreamingHttpResponse(async_parts())


def of_text(request: Any) -> Any:
    from django.http import StreamingHttpResponse

    return StreamingHttpResponse(iter(["é", "a", 7]))


def a_file(request: Any) -> Any:
    from django.http import FileResponse

    file = tempfile.TemporaryFile()  # noqa: SIM115  Django closes it
    file.write(SCAN)
    file.seek(0)
    return FileResponse(file)


def not_modified(request: Any) -> Any:
    from django.http import HttpResponseNotModified

    return HttpResponseNotModified()


def large(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse(SCAN * 2)


def wrong_length(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse(b"x" * 100, headers={"Content-Length": "7"})


async def asynchronous(request: Any) -> Any:
    return said((len(request.body), dict(request.POST)))


VIEWS: dict[str, View] = {
    "body": lambda r: said(r.body),
    "body twice": lambda r: said((r.body == r.body, r.body is r.body, len(r.read()))),
    "post": lambda r: said(dict(r.POST)),
    "post after body": lambda r: said((len(r.body), dict(r.POST))),
    "body after post": lambda r: said((dict(r.POST), len(r.body))),
    "form": lambda r: said(files(r)),
    "form after body": lambda r: said((len(r.body), files(r))),
    "body after form": lambda r: said((files(r), caught(lambda: r.body))),
    "form on disk": lambda r: said(on_disk(r)),
    "handlers after form": lambda r: said((files(r), caught(lambda: on_disk(r)))),
    "read": lambda r: said((r.read(), r.read())),
    "read in chunks": lambda r: said(in_chunks(r)),
    "body after read": lambda r: said((r.read(3), caught(lambda: r.body), dict(r.POST))),
    "readline": lambda r: said((r.readline(), r.readline(4), r.read(5))),
    "lines": lambda r: said(r.readlines()[:9]),
    "iterate": lambda r: said(sum(len(line) for line in r)),
    "asynchronous": asynchronous,
    "written": written,
    "streamed": streamed,
    "streamed async": streamed_async,
    "of text": of_text,
    "a file": a_file,
    "not modified": not_modified,
    "large": large,
    "wrong length": wrong_length,
}
# Enough of them to come by every hook.
BODIES: dict[str, dict[str, Any]] = {
    "form": {"body": FORM[1], "CONTENT_TYPE": FORM[0]},
    "post after body": {"body": b"a=1" * 30_000, "CONTENT_TYPE": URLENCODED},
    "lines": {"body": b"a line\n" * 100},
    "written": {},
    "streamed": {},
    "streamed async": {},
    "a file": {},
    "large": {},
}


@cache
def handler(view: View, asgi: bool = False) -> Any:
    """A handler of Django's own that serves nothing but `view`."""
    from django.core.handlers.asgi import ASGIHandler, ASGIRequest
    from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    request, base = (ASGIRequest, ASGIHandler) if asgi else (WSGIRequest, WSGIHandler)
    # Django 4.2's decorator would hide that a view is async.
    exempt = csrf_exempt(view) if not inspect.iscoroutinefunction(view) else view
    exempt.csrf_exempt = True
    urls = (path("", exempt),)
    kind = type("Request", (request,), {"urlconf": urls})
    return type("Handler", (base,), {"request_class": kind})()


def environ(body: bytes, **more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "QUERY_STRING": "", "wsgi.input": io.BytesIO(body), "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/octet-stream", **more,
    }  # fmt: skip


def serve(view: View, body: bytes = b"", **more: Any) -> tuple[object, ...]:
    """Without Django's warnings that an iterator is of the other kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ask(view, body, **more)


def ask(view: View, body: bytes = b"", **more: Any) -> tuple[object, ...]:
    """Status, headers and body of the response, as a WSGI server gets them."""
    started: list[object] = []
    response = handler(view)(environ(body, **more), lambda *said: started.extend(said))
    sent = b"".join(response)
    response.close()
    return (*started, sent)


async def serve_async(
    view: View, body: bytes = b"", kind: str = "application/octet-stream", method: str = "POST"
) -> list[dict[str, Any]]:
    """The messages that an ASGI server gets; it receives the body in two parts."""
    asked = [
        {"type": "http.request", "body": body[:1_000], "more_body": True},
        {"type": "http.request", "body": body[1_000:], "more_body": False},
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop(0)
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await handler(view, asgi=True)(scope(body, kind, method), receive, send)
    return sent


def scope(body: bytes, kind: str, method: str = "POST") -> dict[str, Any]:
    headers = {"host": "x", "content-length": str(len(body)), "content-type": kind}
    return {
        "type": "http", "method": method, "path": "/", "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip


def body_for(name: str) -> tuple[str, bytes]:
    """Content type and body for a view."""
    return FORM if "form" in name else (URLENCODED, BODY)


class Seen:
    """What a viewer would be told of the last request, its stacks as lines."""

    def __init__(self, armament: Armament) -> None:
        self.unit = next(u for u in reversed(armament.ledger.ended) if type(u) is RequestUnit)
        self.defs = Definitions()
        payload = told(self.unit, self.defs)
        assert payload is not None
        self.payload: Payload = payload

    def lines(self, stack_id: str) -> list[tuple[str, str]]:
        """(file, function) of each frame."""
        frames = json.loads(self.defs.unsent[stack_id])
        return [(file.rpartition("/")[2], name) for file, _, name, *_ in frames]

    def reader(self) -> tuple[str, str]:
        return next(each for each in self.lines(self.payload.reader_id) if each[0] in OURS)
