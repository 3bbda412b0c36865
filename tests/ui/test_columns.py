"""Columns share the room there is."""

from __future__ import annotations

import pytest

from djscope.model.definitions import Place
from djscope.ui.cells import location
from djscope.ui.columns import Column, lay_out
from tests.builders import NOON, WORKER, report, shop, unit
from tests.builders import group as asked
from tests.builders import request as served
from tests.ui.driver import NARROW, NORMAL, played, running


def column(name: str, least: int, weight: int, rank: int) -> Column[str]:
    return Column(name, name, (least, weight, rank), lambda row: row)


COLUMNS = [column("a", 10, 1, 0), column("b", 5, 0, 2), column("c", 5, 0, 2), column("d", 10, 3, 1)]


@pytest.mark.parametrize(
    ("room", "widths"),
    [
        (33, {"a": 10, "b": 5, "c": 5, "d": 10}),
        (53, {"a": 15, "b": 5, "c": 5, "d": 25}),
        (32, {"a": 11, "b": 5, "d": 14}),
        (26, {"a": 11, "d": 14}),
        (20, {"a": 20}),
        (4, {"a": 4}),
    ],
)
def test_lay_out(room: int, widths: dict[str, int]) -> None:
    """The highest rank goes first, the later one among equals; what is left over is shared."""
    assert widths == {column.id: width for column, width in lay_out(COLUMNS, room)}


def test_numbers_fall_texts_rise() -> None:
    """The natural direction: largest number, first letter, worst rank first."""
    number: Column[str] = Column("n", "n", (1, 0, 0), str, number=len)
    ranked: Column[str] = Column("r", "r", (1, 0, 0), str, rank=len)

    assert number.falling
    assert number.right
    assert ranked.falling
    assert not ranked.right
    assert not COLUMNS[0].falling
    assert COLUMNS[0].sort_key("Abc") == (False, "abc")


@pytest.mark.parametrize(
    ("place", "width", "drawn"),
    [
        (
            Place("/a/library/admin.py", 12, "class BookAdmin"),
            32,
            "BookAdmin (library/admin.py:12)",
        ),
        (Place("/a/library/admin.py", 12, "class BookAdmin"), 17, "BookAdmin"),
        (Place("/a/library/admin.py", 12, "class BookAdmin"), 6, "BookA…"),
        (Place("", 0, "class BookAdmin"), 17, "BookAdmin"),
        (Place("/a/library/views.py", 31, "books"), 17, "…rary/views.py:31"),
    ],
)
def test_a_place_that_is_tight(place: Place, width: int, drawn: str) -> None:
    """Of a line the number is seen, of a class its name."""
    column: Column[Place] = location("site", "site", (17, 2, 1), lambda row: row)

    assert column.draw(place, width).rstrip() == drawn


@pytest.mark.parametrize("size", [NARROW, NORMAL])
@played
async def test_routes_that_end_alike_are_told_apart(size: tuple[int, int]) -> None:
    """Where there is little room, n and the route come before the SQL."""
    feed = shop()
    for key, route in (("n-good", "orders-good/"), ("n-api", "api/orders-good/")):
        feed.session.define(key, route)
        feed.deliver(served(unit(key, key, groups=[asked("q-books", 2, 900)])))
    async with running(feed, size) as driver:
        await driver.press("2")
        words = [line.split() for line in driver.lines]

        assert any("orders-good/" in line for line in words)
        assert any("api/orders-good/" in line for line in words)
        assert "n" in words[3]


@played
async def test_the_sample_of_a_query_has_column_titles() -> None:
    """As every list has."""
    async with running(shop(), NORMAL) as driver:
        await driver.press("2", "enter")
        at = next(n for n, line in enumerate(driver.lines) if "The last units with it" in line)

        assert driver.lines[at + 1].split()[:4] == ["▼times", "ended", "outcome", "wall"]
        assert driver.lines[at + 2].split()[:3] == ["22", "12:00:00", "200"]


@played
async def test_processes_that_ended_are_not_counted() -> None:
    """Those that took themselves out at once, those that fell silent after ten seconds."""
    feed = shop()
    async with running(feed, NORMAL) as driver:
        assert "2 of 2 processes" in driver.lines[0]

        feed.session.announce([(WORKER, NOON)], NOON)
        await driver.tick()

        assert "1 of 1 process " in driver.lines[0]

        feed.at = NOON + 12
        feed.session.announce([(WORKER, NOON)], feed.at)
        feed.session.reset(feed.at)
        await driver.tick()

        assert "0 of 0 processes" in driver.lines[0]

        await driver.press("4")

        assert "no tasks yet: the processes that were there have ended" in driver.screen

        feed.deliver(report(), process=WORKER)
        feed.at += 1
        await driver.tick()

        assert "no tasks yet from 1 process" in driver.screen
