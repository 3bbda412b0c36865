"""Each key does what the table says, on every pane and at every size."""

from __future__ import annotations

import pytest

from djscope.ui import keys
from djscope.ui.panes import PANES
from djscope.ui.screens.detail import DetailScreen
from djscope.ui.screens.panes import PanesScreen
from tests.builders import Feed, blocked, request, shop, unit
from tests.ui.driver import NARROW, NORMAL, TINY, Driver, played, running

NUMBERS = [str(number) for number in range(1, len(PANES) + 1)]


def many_routes(n: int = 40) -> Feed:
    """Enough rows to move about in."""
    feed = shop()
    for number in range(n):
        feed.session.definitions.add(f"n{number}", f"route-{number:02}/")
        feed.deliver(request(unit(f"m{number}", f"n{number}", wall_ms=10 + number)))
    return feed


def names(driver: Driver) -> list[str]:
    return [driver.app._facts.text(row.name_id) for row in driver.focused.order.rows]


@pytest.mark.parametrize(("size", "panes"), [(NARROW, NUMBERS), (TINY, ["1", "3"])])
@played
async def test_every_key_on_every_pane(size: tuple[int, int], panes: list[str]) -> None:
    """No key of the table breaks anything anywhere, however small the terminal."""
    calm = {"quit", "interrupt", "edit", "palette", "help", "filter"}
    pressed = [
        key
        for group in keys.GROUPS
        for binding in group.keys
        if binding.id not in calm
        for key in binding.key.split(",")
    ]
    async with running(many_routes(), size) as driver:
        for number in panes:
            await driver.press(number)
            await driver.press(*(key for key in pressed if not key.isdigit()))
            await driver.tick()

        assert driver.app.is_running


@pytest.mark.parametrize("size", [NORMAL, TINY])
@played
async def test_numbers_show_panes(size: tuple[int, int]) -> None:
    """1 to 7 show the panes, from any depth."""
    async with running(shop(), size) as driver:
        for number, pane in zip(NUMBERS, PANES, strict=True):
            await driver.press("enter", number)
            screen = driver.app.screen

            assert isinstance(screen, PanesScreen)
            assert screen.shown.id == pane.id


@played
async def test_panes_are_built_when_looked_at() -> None:
    """At the start one pane exists; later ones stay as they were left."""
    async with running(many_routes()) as driver:
        screen = driver.app.screen
        assert isinstance(screen, PanesScreen)

        assert list(screen._views) == ["overview"]

        await driver.press("3")
        await driver.press("s", "2", "3")

        assert list(screen._views) == ["overview", "requests", "queries"]
        assert driver.focused.order.sort == "max"


@played
async def test_moving() -> None:
    """j k ↓ ↑ by one, ctrl+d ctrl+u by half a page, g G to the ends."""
    async with running(many_routes()) as driver:
        await driver.press("3")
        rows = driver.focused
        for key, cursor in [
            ("j", 1), ("down", 2), ("k", 1), ("up", 0), ("up", 0), ("G", 41), ("j", 41),
            ("g", 0), ("end", 41), ("home", 0), ("ctrl+d", 5), ("pagedown", 10), ("ctrl+u", 5),
            ("pageup", 0),
        ]:  # fmt: skip
            await driver.press(key)

            assert cursor == rows.order.cursor, key


@played
async def test_cursor_stays_in_view() -> None:
    """The list scrolls just as far as the cursor needs."""
    async with running(many_routes(), NARROW) as driver:
        await driver.press("3", "G")

        assert any(line.startswith("▶") and "route-00/" in line for line in driver.lines)

        await driver.press("g")

        assert any(line.startswith("▶") and "books/" in line for line in driver.lines)


@played
async def test_enter_and_back() -> None:
    """On every pane enter goes one level down, esc and backspace one up; neither quits."""
    async with running(blocked()) as driver:
        for number in NUMBERS:
            if PANES[int(number) - 1].id == "async":
                continue  # the shop is sync: nothing to open
            await driver.press(number, "enter")

            assert isinstance(driver.app.screen, DetailScreen)

            await driver.press("escape")

            assert isinstance(driver.app.screen, PanesScreen)

            await driver.press("enter", "backspace", "backspace", "escape")

            assert isinstance(driver.app.screen, PanesScreen)
            assert driver.app.is_running


@played
async def test_details_stack() -> None:
    """Route, unit, query: each level opens from the one above and says the way."""
    async with running(shop()) as driver:
        await driver.press("3", "enter", "enter", "tab", "tab", "enter")

        assert len(driver.app.screen_stack) == 4
        assert "Requests > GET books/ > GET books/ at 12:00:00 > query" in driver.screen

        await driver.press("escape", "escape")

        assert len(driver.app.screen_stack) == 2


@played
async def test_tab_goes_round_the_lists() -> None:
    """tab and shift+tab move between the lists of a pane."""
    async with running(shop()) as driver:
        seen = []
        for _ in range(5):
            seen.append(driver.focused.id)
            await driver.press("tab")

        assert seen == ["findings", "requests", "queries", "tasks", "running"]

        await driver.press("shift+tab")

        assert driver.focused.id == "running"


@played
async def test_sorting() -> None:
    """s takes the next column, S turns round, and the header shows both."""
    async with running(many_routes()) as driver:
        await driver.press("3")

        assert "▼p95" in driver.screen

        await driver.press("s")

        assert "▼max" in driver.screen
        assert names(driver)[0] == "books/"

        await driver.press("S")

        assert "▲max" in driver.screen
        assert names(driver)[0] == "route-00/"


@played
async def test_filter() -> None:
    """/ takes all keys, counts what matches, enter keeps it, esc clears it."""
    async with running(many_routes()) as driver:
        await driver.press("3", "slash")
        await driver.type("route-1 q")

        assert "Requests by route ─ 0/42" in driver.screen
        assert 'nothing matches "route-1 q" · esc clears the filter' in driver.screen

        await driver.press("backspace", "backspace")
        await driver.press("enter")

        assert "Requests by route ━ 10/42 ━ by p95 ▼ ━ filter route-1 ━" in driver.screen

        await driver.press("escape")

        assert "Requests by route ━ 42 ━" in driver.screen
        assert driver.app.is_running


@pytest.mark.parametrize("key", ["enter", "down", "tab"])
@played
async def test_leaving_the_filter_line_keeps_the_filter(key: str) -> None:
    """The list has the keys again, and shows what matches."""
    async with running(many_routes()) as driver:
        await driver.press("3", "slash", "b", "o", "o", "k", key)

        assert driver.focused.id == "requests"
        assert names(driver) == ["books/"]


@played
async def test_filter_says_what_is_wrong() -> None:
    """A mistake is explained in the line, and hides nothing meanwhile."""
    async with running(many_routes()) as driver:
        await driver.press("3", "slash")
        await driver.type("n>many")

        assert "✖ n> needs a number, like n>50" in driver.screen
        assert len(driver.app.screen.query("#requests").first().order.rows) == 42  # type: ignore[attr-defined]

        await driver.press("escape")

        assert driver.focused.order.filter.text == ""
        assert "needs a number" not in driver.screen
