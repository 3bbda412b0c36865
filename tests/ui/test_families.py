"""The Queries pane in its four forms, the last minute, and what went away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from djscope.model.finding import Gone, Severity
from tests.builders import NOON, Feed, group, n_plus_one, request, shop, unit
from tests.ui.driver import NARROW, WIDE, Driver, played, running

TITLES = [
    "Queries by SQL",
    "Queries by route and task",
    "Lazy loads by the line that loaded the rows",
    "Queries by site",
]


def rows(driver: Driver) -> list[str]:
    """What stands in the first list, below its titles."""
    return [line for line in driver.lines[4:-1] if line.strip()]


@played
async def test_a_key_turns_through_the_groupings() -> None:
    """Four, and round again."""
    async with running(shop()) as driver:
        await driver.press("2")
        for title in [*TITLES, TITLES[0]]:
            await driver.press("b")

            assert driver.lines[2].startswith(f"━ {title} ━")


@played
async def test_each_grouping_is_left_as_it_was() -> None:
    """Its order, its filter, its row."""
    async with running(shop()) as driver:
        await driver.press("2", "s", "j", "b", "b", "b", "b")

        assert "by p50 ▼" in driver.lines[2]
        assert driver.focused.order.cursor == 1


@played
async def test_a_group_opens_to_its_members_and_they_open() -> None:
    """Route, query, unit: down to the sample that it rests on."""
    async with running(shop()) as driver:
        await driver.press("2", "b", "b", "enter")
        assert "how often  549 in 25 requests; per request 21 to 23, p50 22" in driver.screen
        assert "2 queries at 1 line, in 1 route or task" in driver.screen

        await driver.press("enter", "shift+tab", "enter")

        crumbs = "Queries > books/ > query shop/views.py:31 > GET books/ at 12:00:00"
        assert driver.lines[1].strip() == crumbs


@played
async def test_the_key_for_groupings_is_nowhere_else() -> None:
    """A list that has one form does not offer others."""
    async with running(shop(), WIDE) as driver:
        await driver.press("3")
        assert "b by" not in driver.lines[-1]
        assert "n now" not in driver.lines[-1]

        await driver.press("2")
        await driver.tick()

        assert "b by" in driver.lines[-1]
        assert "n now" in driver.lines[-1]


def later() -> Feed:
    """Ten minutes on, only the book itself is asked for, twice."""
    feed = shop()
    feed.at += 600
    feed.deliver(*(request(unit(f"l{n}", groups=[group("q-books", 1, 900)])) for n in range(2)))
    return feed


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_the_last_minute_comes_first_when_asked_for(size: tuple[int, int]) -> None:
    """Sorted by it: what is dear now, not what was since attach."""

    @played
    async def play() -> None:
        async with running(later(), size) as driver:
            await driver.press("2")
            assert driver.focused.order.rows[0].sql_id == "q-author"

            await driver.press("n")

            assert "last minute first" in driver.lines[2]
            assert "by tot 1m ▼" in driver.lines[2]
            assert driver.focused.order.rows[0].sql_id == "q-books"
            assert " 1.8ms " in rows(driver)[0]

            await driver.press("n")

            assert driver.focused.order.rows[0].sql_id == "q-author"

    play()


@played
async def test_a_filter_may_name_the_last_minute() -> None:
    """Its columns are columns like others."""
    async with running(later(), WIDE) as driver:
        await driver.press("2", "slash")
        await driver.type("n1m>0")
        await driver.press("enter")

        assert "1/3" in driver.lines[2]


@played
async def test_what_was_slow_before_has_no_p95_of_now() -> None:
    """Two samples of the last minute have none, whatever there was in all."""
    async with running(later(), WIDE) as driver:
        await driver.press("2", "n")

        assert rows(driver)[0].split()[3:6] == ["1.8ms", "768µs", "-"]


@played
async def test_frozen_groups_stay_as_they_were() -> None:
    """Collecting goes on behind them."""
    feed = shop()
    async with running(feed) as driver:
        await driver.press("2", "b", "b", "space")
        before = rows(driver)
        feed.deliver(*(request(unit(f"m{n}", groups=[group()])) for n in range(30)))
        await driver.tick()
        assert rows(driver) == before

        await driver.press("space")

        assert rows(driver) != before


@played
async def test_what_is_gone_stands_after_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not counted among findings, said as good news, and opened like one."""
    gone = replace(
        n_plus_one(),
        severity=Severity.INFO,
        title="Book.author: gone: 21 → 1 queries per request, in 12 requests by 2 new processes",
        unit="elsewhere/",
        advice=[],
        gone=Gone(21, 1, 12, 2, NOON - 10),
    )
    monkeypatch.setattr("djscope.ui.facts.find_gone", lambda *_: [gone])
    async with running(shop(), WIDE) as driver:
        await driver.press("6")

        assert "6 Findings ✖1 ▲1]" in driver.lines[1]
        assert rows(driver)[2].startswith(" ● gone N+1")
        assert "gone: 21 → 1 queries per request" in rows(driver)[2]

        await driver.press("j", "j", "enter")

        assert "first without it at 11:59:50" in driver.screen
