"""While things happen: ticks, the header, what is missing, what is hostile."""

from __future__ import annotations

import threading
from itertools import count, islice

import pytest
from msgspec.structs import replace

from djscope.feed.shapes import Definition, Process
from djscope.feed.status import Link
from djscope.model.definitions import Place
from djscope.ui.app import THEMES
from tests.builders import (
    NOON,
    WEB,
    WORKER,
    Feed,
    empty,
    frame,
    group,
    report,
    request,
    shop,
    stack,
    task,
    unit,
)  # fmt: skip
from tests.ui.driver import NARROW, TINY, WIDE, played, running
from tests.ui.test_draw import HOSTILE

NUMBERS = "123456"


@played
async def test_new_events_appear_by_themselves() -> None:
    """Nobody presses a key; the clock of the application shows what came."""
    feed = shop()
    async with running(feed) as driver:
        await driver.press("3")
        feed.deliver(*(request(unit(f"more{number}")) for number in range(75)))
        feed.at += 1
        await driver.pilot.pause(1.2)

        assert "100" in driver.lines[4]
        assert "12:00:01" in driver.lines[0]


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

        assert "▲ gap at 12:00:00: 3 frames missed by web-1/4711" in driver.lines[1]
        assert "drop 3" in driver.lines[0]

        feed.at += 20
        await driver.tick()

        assert "gap" not in driver.lines[1]
        assert "drop 3" in driver.lines[0]


@played
async def test_all_clear_says_what_it_rests_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """No findings: in how many units, from how many processes, since when."""
    monkeypatch.setattr("djscope.ui.facts.find", lambda *_: [])
    async with running(shop()) as driver:
        await driver.press("5")
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


@pytest.mark.parametrize("size", [WIDE, NARROW])
@played
async def test_hostile_text(size: tuple[int, int]) -> None:
    """Whatever a process sends, every line keeps its width and nothing steers the terminal."""
    async with running(hostile(), size, read=lambda _: HOSTILE * 5) as driver:
        for keys in (*NUMBERS, "2 enter", "3 enter", "4 enter", "6 enter", "3 tab enter"):
            await driver.press(*keys.split())
            strips = driver.app.screen._compositor.render_strips()

            assert {strip.cell_length for strip in strips} == {size[0]}
            assert all(strip.text.isprintable() for strip in strips)


def hostile() -> Feed:
    """Bad texts wherever a process can put some."""
    feed = shop()
    for at, text in enumerate(HOSTILE):
        place = Place(f"/app/{text}/{text}.py", 31, text)
        definitions: dict[str, Definition] = {
            f"n{at}": text, f"q{at}": text, f"l{at}": frame(place), f"s{at}": stack(place, place),
        }  # fmt: skip
        for key, value in definitions.items():
            feed.session.definitions.add(key, value)
        bad = unit(f"bad{at}", f"n{at}", groups=[group(f"q{at}", site=f"l{at}")], exception=text)
        bad.stack_id, bad.site_id = f"s{at}", f"l{at}"
        stuck = unit(f"stuck{at}", f"n{at}", state="running", now_id=f"s{at}")
        process = Process(text[:99], at, 1, text, "shop", text, text, text, text, text)
        feed.session.announce([(process, NOON)], NOON)
        feed.deliver(request(bad, 500, text), request(stuck), task(bad, text), process=process)
    return feed


@played
async def test_resize_storm() -> None:
    """From large to tiny and back, in the middle of everything."""
    async with running(shop(), WIDE) as driver:
        await driver.press("3", "enter")
        for width, height in [(80, 24), (39, 9), (1, 1), (500, 3), (40, 10), (120, 30)]:
            await driver.pilot.resize_terminal(width, height)
            await driver.tick()

        assert "25 requests" in driver.screen


@pytest.mark.parametrize(("size", "fits"), [(TINY, False), ((40, 10), True), ((39, 50), False)])
@played
async def test_too_small(size: tuple[int, int], fits: bool) -> None:
    """Below 40x10 one line says so."""
    async with running(shop(), size) as driver:
        assert ("too small" not in driver.screen) is fits


@played
async def test_ascii_where_the_locale_knows_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that leaves for the terminal is ASCII, what Textual draws included."""
    monkeypatch.setattr("locale.getpreferredencoding", lambda _=True: "ISO-8859-1")
    async with running(shop()) as driver:
        for keys in ("1", "enter", "colon"):
            await driver.press(keys)

            assert driver.screen.isascii()

        await driver.press("escape", "escape", "1")

        assert "x critical" in driver.screen


@played
async def test_no_color_keeps_a_readable_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the terminal's own palette would be black on black."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(shop()) as driver:
        assert driver.app.theme == THEMES[0]
        assert not any(theme.startswith("ansi") for theme in THEMES)
        assert "✖ critical" in driver.screen


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
async def test_low_screens_open_what_has_the_focus() -> None:
    """With few lines the focused list is shown, of the others the titles."""
    async with running(shop(), (60, 14)) as driver:
        assert "KeyError in every request" in driver.screen
        assert "books/" not in driver.screen

        await driver.press("tab")

        assert "KeyError" not in driver.screen
        assert "books/" in driver.screen
        assert "─ Under way ─ 2" in driver.screen


@played
async def test_tabs() -> None:
    """A click on a tab shows its pane; where there is no room they are numbers only."""
    async with running(shop()) as driver:
        await driver.pilot.click("Tabs", offset=(30, 0))
        await driver.pilot.pause()

        assert "[3 Requests]" in driver.lines[1]

        await driver.pilot.resize_terminal(60, 20)
        await driver.pilot.pause()

        assert driver.lines[1] == " 1  2 [3 Requests] 4  5 ✖1 ▲1  6"


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
            for keys in ("1", "2 enter", "3 enter enter", "4 s", "5 enter", "6 G", "3 space enter"):
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
    known = {
        key: feed.session.definitions.known.pop(key) for key in ("q-author", "s-view", "l-view")
    }
    async with running(feed) as driver:
        await driver.press("2", "enter")

        assert "Stack" not in driver.screen

        feed.session.definitions.known.update(known)
        feed.at += 1
        await driver.tick()

        assert 'SELECT "shop_author"."name"' in driver.screen
        assert "Stack ─ 2" in driver.screen
