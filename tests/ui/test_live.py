"""While things happen: ticks, the header, what is missing, what comes late."""

from __future__ import annotations

import threading
from itertools import count, islice

import pytest
from msgspec.structs import replace

from djscope.feed.shapes import Process
from djscope.feed.status import Link
from tests.builders import (
    NOON,
    WEB,
    WORKER,
    empty,
    group,
    report,
    request,
    shop,
    unit,
)  # fmt: skip
from tests.ui.driver import played, running

NUMBERS = "123456"


@played
async def test_new_events_appear_by_themselves() -> None:
    """Nobody presses a key; the clock of the application shows what came."""
    feed = shop()
    async with running(feed) as driver:
        await driver.press("3")
        feed.deliver(*(request(unit(f"more{number}")) for number in range(75)))
        feed.at += 1
        await driver.until(lambda: "100" in driver.lines[4], "what came")
        await driver.until(lambda: "12:00:01" in driver.lines[0], "the time")


@played
async def test_speed_is_events_per_second() -> None:
    """The header's rate is measured, not guessed from one burst."""
    feed = shop()
    async with running(feed) as driver:
        for _ in range(3):
            feed.at += 1
            feed.deliver(*(request(unit(f"{feed.at}-{number}")) for number in range(9)), report())
            await driver.tick()

        assert "10 ev/s" in driver.lines[0]


@played
async def test_lost_link_keeps_everything_on_screen() -> None:
    """Header and banner say it, the rows stay, and it goes away by itself."""
    feed = shop()
    async with running(feed) as driver:
        feed.link(Link.LOST, "Redis at 127.0.0.1:6379 refused the connection")
        await driver.tick()

        assert "✖ REDIS LOST retry…" in driver.lines[0]
        assert driver.lines[1].startswith("✖ Redis at 127.0.0.1:6379 refused the connection")
        assert "books/" in driver.screen

        feed.link(Link.LIVE)
        await driver.tick()

        assert "▶ LIVE" in driver.lines[0]
        assert "refused" not in driver.screen


@played
async def test_connecting_says_so() -> None:
    """Before the first connection the panes say what is waited for."""
    feed = empty()
    feed.link(Link.CONNECTING, "Redis at 10.0.0.1:6379 does not answer")
    async with running(feed) as driver:
        assert "○ CONNECTING" in driver.lines[0]
        assert "no requests yet: Redis at 10.0.0.1:6379 does not answer" in driver.screen


@played
async def test_gaps_are_shown_for_a_while() -> None:
    """Missing frames and dropped events make a banner with process and number, then a count."""
    feed = shop()
    async with running(feed) as driver:
        feed.seq[WEB.id] += 3
        feed.deliver(request(unit("after")))
        await driver.tick()

        assert "▲ gap at 12:00:00: 3 frames missed (web-1/4711)" in driver.lines[1]
        assert "drop 3" in driver.lines[0]

        feed.at += 20
        await driver.tick()

        assert "gap" not in driver.lines[1]
        assert "drop 3" in driver.lines[0]


@pytest.mark.parametrize(
    ("silent", "said"),
    [
        ((WEB,), "1 unit under way went silent (web-1/4711)"),
        ((WEB, WEB), "2 units under way went silent (web-1/4711)"),
        ((WEB, WORKER, WEB), "3 units under way went silent (2 processes)"),
    ],
)
@played
async def test_units_that_went_silent_are_counted(silent: tuple[Process, ...], said: str) -> None:
    """In whole words; of one process with its name."""
    feed = shop()
    for number, process in enumerate(silent):
        feed.session.lose((process.id, f"lost{number}"), feed.at)
    async with running(feed) as driver:
        assert driver.lines[1].rstrip() == f"▲ gap at 12:00:00: {said}"


@played
async def test_all_clear_says_what_it_rests_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No findings: in how many units, from how many processes, since when."""
    monkeypatch.setattr("djscope.ui.facts.find", lambda *_: [])
    async with running(shop()) as driver:
        await driver.press("6")
        found = "no findings in 28 requests and tasks from 2 of 2 processes since 12:00:00"

        assert found in driver.screen


@played
async def test_unit_is_followed_to_its_end() -> None:
    """The detail of a request under way becomes that of the ended one."""
    feed = shop()
    async with running(feed) as driver:
        await driver.press("3", "tab", "enter")

        assert "under way for at least 1m15s, since before attach" in driver.screen
        assert "Stack now" in driver.screen

        feed.at += 5
        done = unit("o2", "n-order", started=NOON - 75, wall_ms=80_000, adopted=True, revision=2)
        feed.deliver(request(done, 200))
        await driver.tick()

        assert "GET orders/<int:pk>/ → 200 in 1m20s" in driver.screen


@played
async def test_source_is_shown_around_the_frame() -> None:
    """The offending line is marked; moving to another frame shows that one's source."""
    sources = {"/app/shop/views.py": [f"views {n}" for n in range(1, 100)]}
    async with running(shop(), read=sources.get) as driver:
        await driver.press("2", "enter")

        assert "▶   31 views 31" in driver.screen
        assert "views 11" not in driver.screen

        await driver.press("j")

        assert "shop/middleware.py:18" in driver.screen
        assert "no such file on this machine" in driver.screen


@played
async def test_time_standing_still_paints_nothing() -> None:
    """Without news and within a second no list asks for its rows again."""
    async with running(shop()) as driver:
        await driver.press("3")
        stamp = driver.focused._stamp
        drawn = driver.focused._drawn
        await driver.tick()

        assert driver.focused._stamp == stamp
        assert driver.focused._drawn is drawn


@played
async def test_another_thread_feeds_meanwhile() -> None:
    """A receiving thread, new routes and processes all the time: nothing breaks."""
    feed, done = shop(), threading.Event()

    def receive() -> None:
        numbers = count()
        while not done.wait(0.05):
            for number in islice(numbers, 40):
                key = f"x{number}"
                with feed.lock:
                    feed.session.definitions.add(key, f"route {number}")
                    feed.session.announce([(replace(WEB, pid=number), NOON)], NOON)
                slow = unit(f"slow{key}", key, state="running", now_id="s-view", groups=[group()])
                feed.deliver(request(slow), process=WORKER)
                feed.deliver(request(unit(key, key, groups=[group()])), report())

    thread = threading.Thread(target=receive)
    thread.start()
    try:
        async with running(feed) as driver:
            for keys in ("1", "2 enter", "3 enter enter", "4 s", "6 enter", "7 G", "3 space enter"):
                await driver.press(*keys.split())
                feed.at += 1
                await driver.tick()

            assert driver.app.is_running
            assert "FROZEN" in driver.screen
    finally:
        done.set()
        thread.join()


@played
async def test_definitions_may_come_late() -> None:
    """A detail that was opened before its SQL and stack arrived shows them once they do."""
    feed = shop()
    definitions = feed.session.definitions.known
    known = {key: definitions.pop(key) for key in ("q-author", "s-view", "l-view")}
    async with running(feed) as driver:
        await driver.press("2", "enter")

        assert "Stack" not in driver.screen

        definitions.update(known)
        feed.at += 1
        await driver.tick()

        assert 'SELECT "shop_author"."name"' in driver.screen
        assert "Stack ─ 2" in driver.screen
