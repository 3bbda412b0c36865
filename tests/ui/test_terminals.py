"""Whatever the terminal is, and whatever text is sent to it."""

from __future__ import annotations

import pytest

from djscope.feed.shapes import Definition, Process
from djscope.model.definitions import Place
from djscope.ui.app import THEMES
from tests.builders import (
    NOON,
    Feed,
    frame,
    group,
    request,
    shop,
    stack,
    task,
    unit,
)  # fmt: skip
from tests.ui.driver import NARROW, TINY, WIDE, played, running
from tests.ui.test_draw import HOSTILE

NUMBERS = "123456"


@pytest.mark.parametrize("size", [WIDE, NARROW])
@played
async def test_hostile_text(size: tuple[int, int]) -> None:
    """Whatever a process sends, every line keeps its width and nothing steers the terminal."""
    async with running(hostile(), size, read=lambda _: HOSTILE * 5) as driver:
        for keys in (*NUMBERS, "2 enter", "3 enter", "4 enter", "7 enter", "3 tab enter"):
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

        assert "x request failing" in driver.screen


@played
async def test_no_color_keeps_a_readable_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR the terminal's own palette would be black on black."""
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(shop()) as driver:
        assert driver.app.theme == THEMES[0]
        assert not any(theme.startswith("ansi") for theme in THEMES)
        assert "✖ request failing" in driver.screen


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

        assert driver.lines[1] == " 1  2 [3 Requests] 4  5  6 ✖1 ▲1  7"
