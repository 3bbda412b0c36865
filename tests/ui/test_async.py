"""The Async pane: hops by line, the map of the chain; hops of a request and of a route."""

from __future__ import annotations

import pytest

from djscope.feed.shapes import Definition, Hop, Layer, RequestRecorded, StackFrame
from tests.builders import Feed, empty, report, unit
from tests.ui.driver import NARROW, NORMAL, Driver, played, running
from tests.ui.test_screens import expect

MIDDLEWARE = "shop.middleware.TimingMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
VIEW = StackFrame("/app/shop/views.py", 44, "availability", True)
NAMES: dict[str, Definition] = {
    "n-stock": "books/<int:pk>/stock/", "n-plain": "books/", "n-view": "shop.views.availability",
    "n-ask": "shop.stock.ask_shelf", "n-timing": MIDDLEWARE,
    "n-before": f"{SESSION}.process_request",
    "n-signal": "django.dispatch.dispatcher.Signal.asend.<locals>.sync_send",
    "s-line": [VIEW, StackFrame("/lib/django/core/handlers/base.py", 253, "_get_response_async")],
    "c-asgi": [
        Layer(SESSION, "call", "async", "both", "async_to_sync"),
        Layer(
            MIDDLEWARE, "call", "sync", "sync", "sync_to_async",
            StackFrame("/app/shop/middleware.py", 8, "TimingMiddleware", True),
        ),
        Layer("", "handler", "async", "both", "async_to_sync"),
        Layer("", "view", "async", "async"),
    ],
}  # fmt: skip


def hop(target: str, n: int, wait: int, run: int, **changes: str) -> Hop:
    """Times in milliseconds."""
    fields = {"kind": "sync_to_async", "site_id": "", "executor": "request", **changes}
    return Hop(
        fields["kind"], fields["site_id"], target, fields["executor"], n, wait * 1000,
        wait * 500, run * 1000, 200,
    )  # fmt: skip


def shop() -> Feed:
    """25 requests that wait for shelves, one after the other, and 3 of another route."""
    feed = empty()
    for key, value in NAMES.items():
        feed.session.definitions.add(key, value)
    feed.deliver(report(units=28))
    around = (
        hop("n-before", 1, 1, 1), hop("n-timing", 1, 1, 350),
        hop("n-signal", 2, 1, 1), hop("n-view", 1, 0, 340, kind="async_to_sync", executor="outer"),
    )  # fmt: skip
    asked = hop("n-ask", 6, 450, 300, site_id="s-line", executor="outer")
    for number in range(28):
        busy = number < 25
        of = unit(f"h{number}", "n-stock" if busy else "n-plain", wall_ms=360)
        hops = (*around, asked) if busy else around
        feed.deliver(
            RequestRecorded(of, "GET", "n-view", 200, "asgi", 359_000, "c-asgi", hops=hops)
        )
    return feed


SOURCE = [f"# line {number}" for number in range(1, 60)]


@pytest.mark.parametrize(
    ("size", "views"),
    [
        (NARROW, {"hops": "5", "hop": "enter"}),
        (
            NORMAL,
            {
                "hops": "5", "hop": "enter", "layer": "escape tab j enter",
                "hops-route": "escape 3 enter", "hops-unit": "enter",
            },
        ),
    ],
)  # fmt: skip
@played
async def test_hops_and_chains(size: tuple[int, int], views: dict[str, str]) -> None:
    """What waits is first; the map has the layers from the outside in, with the hops measured."""
    async with running(shop(), size, read=lambda _: SOURCE) as driver:
        for name, keys in views.items():
            await driver.press(*keys.split())
            await driver.tick()

            expect(f"{name}-{size[0]}x{size[1]}", driver)


@played
async def test_what_counts_is_on_a_narrow_screen() -> None:
    """80 columns: number, wait, whose thread, line; of a layer what it can and its hops."""
    async with running(shop(), NARROW) as driver:
        await driver.press("5")
        text = driver.screen

        for shown in ("/req", "450ms", "outer", "views.py:44", "sync only", "hops/req"):
            assert shown in text


@played
async def test_the_code_of_a_sync_only_middleware_is_copied() -> None:
    """Both branches, for that class."""
    async with running(shop(), NORMAL) as driver:
        await driver.press("5", "tab", "j", "enter", "y")

        assert_copied(driver, "class TimingMiddleware:")


def assert_copied(driver: Driver, text: str) -> None:
    assert text in driver.app.clipboard
