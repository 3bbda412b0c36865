"""Whole screens as text; `REWRITE_SCREENS=1` writes them anew, to be read before committing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from djscope.feed.status import Link
from tests.builders import Feed, empty, shop
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
    ("name", "feed", "size", "keys"),
    [
        ("overview-80x24", shop, NARROW, ""),
        ("overview-120x30", shop, NORMAL, ""),
        ("overview-200x50", shop, WIDE, ""),
        ("queries-120x30", shop, NORMAL, "2"),
        ("requests-120x30", shop, NORMAL, "3"),
        ("tasks-120x30", shop, NORMAL, "4"),
        ("findings-80x24", shop, NARROW, "5"),
        ("processes-120x30", shop, NORMAL, "6"),
        ("finding-120x30", shop, NORMAL, "5 enter"),
        ("finding-80x24", shop, NARROW, "5 enter"),
        ("query-120x30", shop, NORMAL, "2 enter"),
        ("route-120x30", shop, NORMAL, "3 enter"),
        ("unit-120x30", shop, NORMAL, "3 enter enter"),
        ("stuck-120x30", shop, NORMAL, "3 tab enter"),
        ("failure-120x30", shop, NORMAL, "4 enter enter"),
        ("process-120x30", shop, NORMAL, "6 enter"),
        ("help-80x24", shop, NARROW, "question_mark"),
        ("frozen-80x24", shop, NARROW, "space"),
        ("lost-120x30", lost, NORMAL, ""),
        ("empty-80x24", empty, NARROW, ""),
        ("tiny-39x9", shop, TINY, ""),
    ],
)
@played
async def test_screen(name: str, feed: type[Feed], size: tuple[int, int], keys: str) -> None:
    """Each kind of screen shows what it should, where it should."""
    async with running(feed(), size, read=lambda _: VIEWS) as driver:
        await driver.press(*keys.split())
        await driver.tick()

        expect(name, driver)
