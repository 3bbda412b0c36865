"""Whole screens as text; `REWRITE_SCREENS=1` writes them anew, to be read before committing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from djscope.feed.status import Link
from tests.builders import Feed, blocked, empty, shop
from tests.ui.driver import NARROW, NORMAL, TINY, WIDE, Driver, played, running

EXPECTED = Path(__file__).parent / "expected"
VIEWS = ["import things", *[f"# line {number}" for number in range(2, 28)]]
VIEWS += ["    books = Book.objects.all()", "", "    for book in books:"]
VIEWS += ["        names.append(book.author.name)", "    return names"]


def expect(name: str, driver: Driver) -> None:
    """The screen reads as it did when somebody last looked at it."""
    path = EXPECTED / f"{name}.txt"
    if os.environ.get("REWRITE_SCREENS"):
        path.write_text(driver.screen + "\n", encoding="utf-8")

    assert path.read_text(encoding="utf-8").splitlines() == driver.lines


def lost() -> Feed:
    feed = shop()
    feed.link(Link.LOST, "Redis at 127.0.0.1:6379 refused the connection")
    return feed


@pytest.mark.parametrize(
    ("size", "views"),
    [
        (NARROW, {
            "overview": "1", "requests": "3", "layers": "3 enter enter",
            "findings": "6", "finding": "6 enter", "help": "1 question_mark",
            "frozen": "escape space", "queries": "space 2", "by-sql": "b", "by-route": "b",
            "by-origin": "b", "queries-now": "b n",
        }),
        (NORMAL, {
            "overview": "1", "queries": "2", "requests": "3", "tasks": "4", "processes": "7",
            "finding": "6 enter", "query": "2 enter", "route": "3 enter", "unit": "3 enter enter",
            "stuck": "3 tab enter", "failure": "4 enter enter", "process": "7 enter",
            "by-sql": "2 b", "sql": "enter", "by-route": "escape b", "by-origin": "b",
            "origin": "enter", "queries-now": "escape b n", "middleware": "3 tab tab enter",
            "layers": "3 enter tab tab z",
        }),
        (WIDE, {"overview": "1", "queries": "2", "by-origin": "b b b"}),
        (TINY, {"overview": "1"}),
    ],
)  # fmt: skip
@played
async def test_shop(size: tuple[int, int], views: dict[str, str]) -> None:
    """Each kind of screen shows what it should, where it should."""
    async with running(shop(), size, read=lambda _: VIEWS) as driver:
        for name, keys in views.items():
            await driver.press(*keys.split())
            await driver.tick()

            expect(f"{name}-{size[0]}x{size[1]}", driver)


@pytest.mark.parametrize("size", [NARROW, NORMAL])
@played
async def test_async(size: tuple[int, int]) -> None:
    """Event loops, what blocked them, and one block with its line and what to write."""
    async with running(blocked(), size, read=lambda _: VIEWS) as driver:
        views = {"async": "5", "blocked": "tab tab tab enter", "computing": "escape j enter"}
        for name, keys in views.items():
            await driver.press(*keys.split())
            await driver.tick()

            expect(f"{name}-{size[0]}x{size[1]}", driver)


@pytest.mark.parametrize(
    ("name", "feed", "size"), [("lost", lost, NORMAL), ("empty", empty, NARROW)]
)
@played
async def test_without_news(name: str, feed: Callable[[], Feed], size: tuple[int, int]) -> None:
    """What stands there when nothing comes, or nothing has come yet."""
    async with running(feed(), size) as driver:
        expect(f"{name}-{size[0]}x{size[1]}", driver)
