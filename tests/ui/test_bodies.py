"""The list of who reads bodies, what its rows open, and what requests and routes say of theirs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from djscope.feed.shapes import Payload, StackFrame
from djscope.model.findings import find
from tests.builders import NOON, VIEW, Feed, frame, request, shop, unit
from tests.ui.driver import NARROW, NORMAL, played, running

MB = 1_000_000
BODY = StackFrame("/lib/django/http/request.py", 360, "HttpRequest.body")
READ = Payload(3 * MB, 3 * MB, 3 * MB, "body", "s-body", 300)


def uploads(*payloads: Payload) -> Feed:
    """The shop, and requests of one more route."""
    feed = shop()
    feed.session.define("n-upload", "upload/")
    feed.session.define("s-body", [BODY, frame(VIEW)])
    for number, payload in enumerate(payloads):
        event = request(unit(f"p{number}", "n-upload"), method="POST")
        feed.deliver(replace(event, payload=payload))
    return feed


@pytest.mark.parametrize("size", [NARROW, NORMAL])
@played
async def test_a_reader_is_a_row(size: tuple[int, int]) -> None:
    """Route, line, how, how much of it in memory; nothing that matters is cut off at 80 columns."""
    async with running(uploads(*[READ] * 4), size) as driver:
        await driver.press("3", "tab", "tab", "tab")
        drawn = next(line for line in driver.lines if "request.body" in line)
        row = drawn.replace("▶", " ").split()

        assert row[:3] == ["upload/", "shop/views.py:31", "request.body"]
        assert "3.0MB" in row


@played
async def test_nothing_worth_a_row_is_said_so() -> None:
    """Small bodies are in no list."""
    async with running(uploads(Payload(90, 90, 90, "body", "", 30)), NORMAL) as driver:
        await driver.press("3")

        assert "no body of 64 kB or more was read" in driver.screen


@played
async def test_a_row_opens_to_the_stack_and_its_source() -> None:
    """With the figures; the line that read it is where the source is shown."""
    async with running(uploads(*[READ] * 4), NORMAL, read=lambda _: ["x"] * 40) as driver:
        await driver.press("3", "tab", "tab", "tab", "enter")

        assert "request.body, in 4 of 4 requests of upload/" in driver.screen
        assert "p50 3.0MB · max 3.0MB (n=4)" in driver.screen
        assert "shop/views.py:31 in book_list" in driver.screen
        assert "HttpRequest.body" not in driver.screen


@played
async def test_a_row_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The finding about it comes along, and `y` copies its code."""
    monkeypatch.setattr("djscope.ui.facts.find", find)
    async with running(uploads(*[READ] * 4), NORMAL) as driver:
        await driver.press("3", "tab", "tab", "tab", "enter")

        assert "holds 3.0 MB in memory per request" in driver.screen
        assert "request.read(64 * 1024)" in driver.screen


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (READ, "3.0MB, of it 3.0MB read by request.body at shop/views.py:31 in book_list"),
        (READ, "300B made in memory"),
        (Payload(announced=5 * MB), "5.0MB, which nobody has read"),
        (
            Payload(sent=900, streamed=True, chunks=9, first_us=3_000, closed_early=True),
            "900B streamed in 9 chunks, the first after 3.0ms, closed before its end",
        ),
        (Payload(sent=7 * MB, streamed=True), "7.0MB, streamed"),
        (Payload(sent=7 * MB, chunks=9), "7.0MB read to its end under ASGI"),
    ],
)
@played
async def test_a_request_tells_of_its_bodies(payload: Payload, said: str) -> None:
    """What it got, who read it, what it sent and how."""
    async with running(uploads(payload), NORMAL) as driver:
        await driver.press("3", "slash", *"upload", "enter", "enter", "enter")

        assert said in " ".join(driver.screen.split())


@played
async def test_a_route_tells_of_its_bodies() -> None:
    """All of its requests together; nothing where there was none."""
    streamed = Payload(sent=900, streamed=True, chunks=9, first_us=3_000, closed_early=True)
    async with running(uploads(READ, streamed), NORMAL) as driver:
        await driver.press("3", "slash", *"upload", "enter", "enter")

        assert "p50 3.0MB · max 3.0MB (n=1), at most 3.0MB at once in memory" in driver.screen
        assert "1 streamed, the first chunk after 3.0ms (p50), 1 closed" in driver.screen

        await driver.press("escape", "escape", "slash", *"books", "enter", "enter")

        assert "received" not in driver.screen


@played
async def test_a_frozen_list_stands_still() -> None:
    """What comes meanwhile is counted behind it."""
    feed = uploads(*[READ] * 4)
    async with running(feed, NORMAL) as driver:
        await driver.press("3", "space")
        before = [line for line in driver.lines if "request.body" in line]
        feed.deliver(replace(request(unit("later", "n-upload", started=NOON)), payload=READ))
        await driver.tick()

        assert [line for line in driver.lines if "request.body" in line] == before
