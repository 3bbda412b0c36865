"""The list widget: visible rows only, changed rows only, whatever their number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from djscope.ui.columns import Column
from djscope.ui.facts import Facts
from djscope.ui.spec import Detail, Opener, Spec
from djscope.ui.widgets.list import RowList
from tests.builders import Feed, shop
from tests.ui.driver import played
from tests.ui.reach import Nothing

Row = tuple[str, int]


@dataclass
class Table:
    """Rows that a test changes, and how often their cells were asked for."""

    rows: list[Row]
    cells: int = 0
    drawn: int = 0
    opened: list[Row] = field(default_factory=list)

    def cell(self, row: Row) -> str:
        self.cells += 1
        return row[0]

    def open(self, row: Row) -> Opener:
        self.opened.append(row)
        return lambda _: Detail(row[0])

    @property
    def spec(self) -> Spec[Row]:
        columns: list[Column[Row]] = [
            Column("name", "name", (12, 3, 0), self.cell),
            Column("n", "n", (6, 0, 1), lambda row: str(row[1]), lambda row: row[1]),
        ]
        return Spec(
            "rows", "Rows", lambda _: self.rows, lambda row: row[0], lambda _: columns,
            lambda _: "nothing here\nmake something happen", self.open,
        )  # fmt: skip


class Host(App[None]):
    """A screen with nothing but one list."""

    def __init__(self, table: Table, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.rows: RowList[Any] = _Counting(table, Facts(feed, Nothing(feed)))

    def compose(self) -> ComposeResult:
        yield self.rows


class _Counting(RowList[Any]):
    DEFAULT_CSS = ""

    def __init__(self, table: Table, facts: Facts) -> None:
        super().__init__(table.spec, facts)
        self._table = table

    def render_line(self, y: int) -> Strip:
        self._table.drawn += 1
        return super().render_line(y)


@asynccontextmanager
async def hosted(table: Table) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    host = Host(table, shop())
    async with host.run_test(size=(40, 20)) as pilot:
        await pilot.pause()
        host.rows.focus()
        await pilot.pause()
        yield host, pilot


def text(host: Host) -> list[str]:
    return [strip.text.rstrip() for strip in host.screen._compositor.render_strips()]


def changed(host: Host) -> None:
    """New facts: the list asks for its rows again."""
    host.feed.session.version += 1
    host.rows.tick()


@pytest.mark.parametrize("n", [100, 100_000])
@played
async def test_cost_does_not_grow_with_rows(n: int) -> None:
    """A hundred thousand rows ask for as many cells, and draw as many lines, as a hundred."""
    table = Table([(f"row {number}", number) for number in range(n)])
    async with hosted(table) as (host, pilot):
        table.cells = table.drawn = 0
        changed(host)
        await pilot.pause()

        assert table.cells == 20
        assert table.drawn == 0

        await pilot.press("G")
        await pilot.pause()

        assert table.cells <= 80
        assert table.drawn <= 40
        assert text(host)[-1].startswith(f"▶row {n - 1}")


@played
async def test_only_changed_rows_are_repainted() -> None:
    """One changed cell is one repainted line; many are one repaint of all."""
    table = Table([(f"row {number}", number) for number in range(50)])
    async with hosted(table) as (host, pilot):
        table.drawn = 0
        table.rows[3] = ("row 3", 999)
        changed(host)
        await pilot.pause()

        assert table.drawn == 1
        assert "999" in text(host)[5]

        table.rows = [(name, n + 1) for name, n in table.rows]
        table.drawn = 0
        changed(host)
        await pilot.pause()

        assert table.drawn == 20


@played
async def test_nothing_new_asks_for_nothing() -> None:
    """As long as neither version nor second have changed, a tick costs nothing."""
    table = Table([("row", 1)])
    async with hosted(table) as (host, pilot):
        table.cells = 0
        host.rows.tick()
        host.rows.tick()

        assert table.cells == 0

        host.feed.at += 1
        host.rows.tick()

        assert table.cells == 1
        await pilot.pause()


@played
async def test_empty_list_teaches() -> None:
    """Where nothing is, it says why and what to do."""
    async with hosted(Table([])) as (host, _):
        assert text(host)[2:4] == [" nothing here", " make something happen"]


@played
async def test_title_says_what_is_shown() -> None:
    """Name, number of rows, sort; column titles with the mark of the direction."""
    table = Table([("b", 1), ("a", 2)])
    async with hosted(table) as (host, pilot):
        assert text(host)[0].startswith("━ Rows ━ 2 ━━")

        await pilot.press("s")
        await pilot.pause()

        assert text(host)[0].startswith("━ Rows ━ 2 ━ by name ▲ ━━")
        assert text(host)[1].split() == ["▲name", "n"]
        assert text(host)[2].startswith("▶a")


@played
async def test_mouse() -> None:
    """A click selects, one more opens, a click on a column title sorts, the wheel scrolls."""
    table = Table([(f"row {number}", number) for number in range(50)])
    async with hosted(table) as (host, pilot):
        await pilot.click(RowList, offset=(5, 6))

        assert host.rows.order.current == ("row 4", 4)
        assert table.opened == []

        await pilot.click(RowList, offset=(5, 6))

        assert table.opened == [("row 4", 4)]

        await pilot.click(RowList, offset=(36, 1))
        await pilot.click(RowList, offset=(36, 0))

        assert host.rows.order.sort == "n"

        await pilot.press("g")
        host.rows.action_scroll_down()
        await pilot.pause()

        assert host.rows.scroll_offset.y == 1


@played
async def test_wide_characters_align() -> None:
    """Columns stand under each other whatever the width of the characters before them."""
    table = Table([("书籍书籍", 1), ("book", 1), ("e\u0301", 1)])
    async with hosted(table) as (host, _):
        strips = host.screen._compositor.render_strips()

        assert {strip.cell_length for strip in strips} == {40}
        assert all(strip.text.rstrip().endswith("1") for strip in strips[2:5])


@played
async def test_rows_may_vanish_while_scrolled_down() -> None:
    """From many rows at the end of the list to one, and to none."""
    table = Table([(f"row {number}", number) for number in range(500)])
    async with hosted(table) as (host, pilot):
        await pilot.press("G")
        table.rows = [("last", 1)]
        host.feed.at += 5
        changed(host)
        await pilot.pause()

        assert text(host)[2].startswith("▶last")

        table.rows = []
        changed(host)
        await pilot.press("enter", "j", "k", "G", "S")
        await pilot.pause()

        assert "nothing here" in text(host)[2]
