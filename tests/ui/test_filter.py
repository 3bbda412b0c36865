"""The filter line's language."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from djscope.ui.columns import Column
from djscope.ui.filter import parse
from tests.builders import shop
from tests.ui.driver import NARROW, played, running


@dataclass
class Row:
    """What the filters below look at."""

    name: str
    n: int
    ms: float


COLUMNS: list[Column[Row]] = [
    Column("name", "name", (10, 1, 0), lambda row: row.name),
    Column("n", "n", (5, 0, 0), lambda row: str(row.n), lambda row: row.n),
    Column("p95", "time", (5, 0, 0), lambda _: "", lambda row: row.ms),
]
ROWS = [Row("books/", 3, 40), Row("Orders/list", 1200, 1500), Row("orders/<int:pk>/", 40, 90_000)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [0, 1, 2]),
        ("   ", [0, 1, 2]),
        ("ORDERS", [1, 2]),
        ("orders list", [1]),
        ("-orders", [0]),
        ("orders -list", [2]),
        ("name:ord", [1, 2]),
        ("-name:ord", [0]),
        ("n>3", [1, 2]),
        ("n>=3", [0, 1, 2]),
        ("n<40", [0]),
        ("n<=40", [0, 2]),
        ("n=40", [2]),
        ("-n=40", [0, 1]),
        ("n>1k", [1]),
        ("p95>50", [1, 2]),
        ("p95>50ms p95<2s", [1]),
        ("p95>1m", [2]),
        ("P95>1m", [2]),
        ("time>1m", [2]),
        ('"int:pk"', [2]),
        ('-"int:pk" n>3', [1]),
        ('"unclosed', []),
        ("n:4", [2]),
    ],
)
def test_matches(text: str, found: list[int]) -> None:
    """All terms must hold; `-` turns one round."""
    wanted = parse(text, COLUMNS)

    assert wanted.problem == ""
    assert found == [index for index, row in enumerate(ROWS) if wanted.matches(row)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour:red", 'no column "colour" (quote text with : < >); there are: name n p95'),
        ("n>", "n> needs a number, like n>50"),
        ("n>many", "n> needs a number, like n>50"),
        ("name>3", "name is text: use name:3"),
        ("http://x", 'no column "http" (quote text with : < >); there are: name n p95'),
    ],
)
def test_problems(text: str, problem: str) -> None:
    """What cannot be understood is said, and hides nothing."""
    wanted = parse(text, COLUMNS)

    assert problem == wanted.problem
    assert not wanted
    assert all(wanted.matches(row) for row in ROWS)


@played
async def test_what_is_wrong_stays_in_sight() -> None:
    """While it is typed, all of it; afterwards in the title of the list, which shows all rows."""
    async with running(shop(), NARROW) as driver:
        await driver.press("2", "slash")
        await driver.type("foo:bar")
        typed = " ".join(driver.screen.split())

        assert 'no column "foo" (quote text with' in typed
        assert "route site sql" in typed

        await driver.press("enter")

        assert 'Queries by site ━ ✖ no column "foo" ━ 3 ━' in driver.screen
        assert len(driver.focused.order.rows) == 3


@played
async def test_a_new_filter_replaces_the_old_one() -> None:
    """What is typed first takes its place; leaving at once keeps it."""
    async with running(shop(), NARROW) as driver:
        await driver.press("2", "slash")
        await driver.type("books")
        await driver.press("enter", "slash", "enter")

        assert driver.focused.order.filter.text == "books"

        await driver.press("slash")
        await driver.type("report")
        await driver.press("enter")

        assert driver.focused.order.filter.text == "report"
