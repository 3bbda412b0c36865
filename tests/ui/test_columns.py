"""Columns share the room there is."""

from __future__ import annotations

import pytest

from djscope.ui.columns import Column, lay_out


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
    assert COLUMNS[0].sort_key("Abc") == "abc"
