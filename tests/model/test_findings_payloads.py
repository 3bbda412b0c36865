"""Both rules on bodies: what must fire beside what must not."""

from __future__ import annotations

from typing import Any

import pytest

from djscope.feed.shapes import Payload, RequestRecorded, StackFrame
from djscope.feed.status import FeedStatus, Link
from djscope.model.finding import Certainty, Finding, Severity
from djscope.model.snapshot import snapshot
from tests.model.scene import Scene

MB = 1_000_000
DJANGO = StackFrame("/lib/site-packages/django/http/request.py", 360, "HttpRequest.body", False)
RESPONSE = StackFrame("/lib/site-packages/django/core/handlers/base.py", 197, "_get_response")
VIEW = StackFrame("/app/shop/views.py", 31, "upload", True)
CHECK = StackFrame(
    "/lib/site-packages/django/middleware/csrf.py", 365, "CsrfViewMiddleware._check_token"
)
PROCESS = StackFrame(
    "/lib/site-packages/django/middleware/csrf.py", 431, "CsrfViewMiddleware.process_view"
)
STACKS = {
    "sview": [DJANGO, VIEW, RESPONSE],
    "sthread": [DJANGO, VIEW],
    "sown": [DJANGO, StackFrame("/app/shop/middleware.py", 9, "Log.__call__", True)],
    "slib": [
        DJANGO,
        StackFrame("/lib/site-packages/tracing/middleware.py", 44, "Trace.process_request"),
    ],
    # Under ASGI, in the thread that a sync-only middleware further out waits in.
    "slent": [
        DJANGO, VIEW,
        StackFrame("/lib/site-packages/asgiref/sync.py", 576, "SyncToAsync.thread_handler"),
        StackFrame("/lib/site-packages/asgiref/current_thread_executor.py", 130, "run_until"),
        StackFrame("/app/shop/mw.py", 22, "ClassStyle.__call__", True),
    ],
    "scsrf": [DJANGO, CHECK, PROCESS, RESPONSE],
    "srest": [
        DJANGO,
        StackFrame("/lib/site-packages/rest_framework/request.py", 360, "Request._parse"),
        VIEW, RESPONSE,
    ],
}  # fmt: skip


def scene(*payloads: Payload, protocol: str = "wsgi", **changes: Any) -> Scene:
    """A request for each, all of one route."""
    found = Scene()
    for key, stack in STACKS.items():
        found.session.define(key, stack)
    for payload in payloads:
        unit = found.unit(**changes)
        found.deliver(
            RequestRecorded(unit, "POST", "nview", 200, protocol, unit.wall_us, payload=payload)
        )
    return found


def body(size: int, memory: int = -1, how: str = "body", stack: str = "sview") -> Payload:
    """A body of `size` bytes that is read whole, all of it in memory unless said otherwise."""
    held = size if memory < 0 else memory
    return Payload(size, size, held, how, stack if size >= 65_536 else "", 200)


def made(size: int, stack: str = "sview") -> Payload:
    return Payload(sent=size, builder_id=stack if size >= 262_144 else "")


def only(found: Scene) -> Finding:
    (finding,) = found.findings()
    return finding


def test_a_route_that_holds_bodies_in_memory_is_told_with_its_line() -> None:
    """How much, of how many, at which line, and what to write there."""
    small = [body(2_000)] * 2
    finding = only(scene(*small, body(3 * MB), body(8 * MB), body(4 * MB)))

    assert finding.kind == "body_buffered"
    assert finding.title == (
        "request.body holds 4.0 MB in memory per request (p50 of 3), at most 8.0 MB;"
        " in 3 of 5 requests with a body it is 1.0 MB or more"
    )
    assert (finding.where.short, finding.unit) == ("shop/views.py:31", "books/")
    assert (finding.certainty, finding.severity) == (Certainty.CERTAIN, Severity.WARNING)
    assert finding.evidence["memory_bytes_max"] == 8 * MB
    assert "request.read(64 * 1024)" in finding.advice[0].code
    assert finding.stack_id == "sview"


@pytest.mark.parametrize(
    "payloads",
    [
        [body(999_999)] * 30,
        [body(60_000)] * 30,
        [body(88 * MB, memory=65_536, how="read")] * 30,
        [body(88 * MB, memory=2_000, how="POST")] * 30,
        [body(2_400_000, how="POST")] * 30,
        [body(3 * MB)] * 2,
        [Payload(announced=88 * MB)] * 30,
        [made(4_999_999)] * 30,
        [Payload(sent=1_000 * MB, streamed=True, chunks=1_000, first_us=10)] * 30,
        [Payload(sent=1_000 * MB, streamed=True)] * 30,
    ],
    ids=[
        "just below", "small", "read in chunks", "uploaded to disk", "a form as Django holds it",
        "once or twice", "nobody read it", "a response just below", "streamed", "a file",
    ],
)  # fmt: skip
def test_what_is_no_finding(payloads: list[Payload]) -> None:
    """However often."""
    assert scene(*payloads).findings() == []


def test_once_is_enough_for_what_is_very_large() -> None:
    """Ten times the limit."""
    assert only(scene(body(10 * MB))).count == 1


@pytest.mark.parametrize(
    ("stack", "how", "where", "advice"),
    [
        ("sview", "body", "shop/views.py:31", "read it in chunks"),
        ("sthread", "read", "shop/views.py:31", "read it in chunks"),
        ("sview", "POST", "shop/views.py:31", "keep uploads on disk"),
        ("srest", "body", "shop/views.py:31", "FileUploadParser"),
        ("sown", "body", "shop/middleware.py:9", "each request that comes by"),
        ("slib", "body", "tracing/middleware.py:44", "it is a library's"),
        ("scsrf", "POST", "middleware/csrf.py:365", "CsrfViewMiddleware reads the form before"),
    ],
)
def test_the_advice_is_for_who_reads_it(stack: str, how: str, where: str, advice: str) -> None:
    """A view, REST framework on its behalf, a middleware of the project's, of a library, Django's
    protection of forms: what each can do is another thing.
    """
    finding = only(scene(*[body(8 * MB, how=how, stack=stack)] * 3))

    assert finding.where.short == where
    assert advice in finding.advice[0].text
    mind = any("RawPostDataException" in each.text for each in finding.advice)
    assert mind == (stack in ("sown", "slib"))


def test_the_code_that_is_offered_is_code() -> None:
    """It compiles as it stands, but for `return`, which wants a function around it."""
    cases = [(stack, how) for stack in STACKS for how in ("body", "POST", "read")]
    found = [only(scene(*[body(8 * MB, how=how, stack=s)] * 3)) for s, how in cases]
    found += [only(scene(made(6 * MB), protocol=each)) for each in ("wsgi", "asgi")]
    found.append(only(scene(Payload(sent=6 * MB, chunks=9), protocol="asgi")))

    for finding in found:
        for advice in finding.advice:
            body_of = advice.code.replace("\n", "\n    ")
            compile(f"async def f():\n    {body_of or 'pass'}", "advice", "exec")


def test_a_large_response_in_memory_is_a_fact_the_first_time() -> None:
    """Where it was made; another one is told apart by its line."""
    finding = only(scene(made(300_000), made(6 * MB)))

    assert finding.kind == "large_response"
    assert finding.title == (
        "6.0 MB made in memory per request (p50 of 2), at most 6.0 MB,"
        " before the first byte is sent"
    )
    assert (finding.where.short, finding.certainty) == ("shop/views.py:31", Certainty.CERTAIN)
    assert "StreamingHttpResponse" in finding.advice[0].code


def test_a_sync_iterator_under_asgi_is_no_streaming() -> None:
    """Django reads it to its end first: the view is where, an async iterator what to do."""
    finding = only(scene(Payload(sent=6 * MB, chunks=90, first_us=9), protocol="asgi"))

    assert finding.title == (
        "6.0 MB read to its end in one request, at most 6.0 MB, before the first byte is sent"
    )
    assert finding.where.function == "shop.views.books"
    assert "async iterator" in finding.advice[0].text


def test_nothing_is_said_of_lines_that_are_not_known_yet() -> None:
    """The stack's definition is on its way."""
    assert scene(*[body(8 * MB, stack="slate")] * 3).findings() == []


def test_readers_of_a_route_are_bounded() -> None:
    """A stack per request, say: the rest is nobody's in particular."""
    found = scene(*[body(8 * MB, stack=f"s{number}") for number in range(90)])
    (route,) = found.session.routes.values()

    assert len(route.payload.readers) == 21
    assert sum(reader.n for reader in route.payload.readers.values()) == 90


def test_a_snapshot_has_the_sizes_of_a_route() -> None:
    """In all, and by who read or made them; of a route without any it has none."""
    streamed = Payload(sent=9_000, streamed=True, chunks=9, first_us=700, closed_early=True)
    found = scene(body(3 * MB), body(90), made(6 * MB), streamed)
    found.request(name_id="nview")
    taken = snapshot(found.session, found.at, FeedStatus(Link.LIVE, "127.0.0.1", "shop"))
    payload, none = (route.payload for route in taken.routes)
    assert payload is not None
    reader = next(each for each in payload.readers if each.where)
    [maker] = payload.makers

    assert none is None
    assert (payload.bodies, payload.received_bytes_max, payload.sent_bytes_max) == (
        2, 3 * MB, 6 * MB,
    )  # fmt: skip
    assert (payload.streamed, payload.closed_early, payload.first_chunk_us_p50) == (1, 1, 700)
    assert (reader.how, reader.n, reader.memory_bytes_max) == ("body", 1, 3 * MB)
    assert reader.where is not None
    assert (reader.where.line, len(reader.stack), maker.how) == (31, 3, "made")


def test_a_view_in_a_lent_thread_is_no_middleware() -> None:
    """What waits around the thread did not read it."""
    finding = only(scene(*[body(3 * MB, stack="slent")] * 3, protocol="asgi"))

    assert finding.where.short == "shop/views.py:31"
    assert finding.advice[0].code.startswith("while chunk := request.read(")


def test_a_way_that_is_not_known_costs_no_other_finding() -> None:
    """A newer probe's, say."""
    unknown = [body(3 * MB, how="telepathy", stack="srest")] * 3
    finding = only(scene(*unknown, *[body(3 * MB)] * 3))

    assert "request.body" in finding.title
