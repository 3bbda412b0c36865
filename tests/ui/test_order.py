"""Which rows, in which order, and where the cursor stays."""

from __future__ import annotations

from djscope.ui.columns import Column
from djscope.ui.order import HOLD_S, Order

Row = tuple[str, int]


def order(sort: str = "n") -> Order[Row]:
    columns: list[Column[Row]] = [
        Column("name", "name", (5, 1, 0), lambda row: row[0]),
        Column("n", "n", (5, 0, 0), lambda row: str(row[1]), lambda row: row[1]),
    ]
    return Order(columns, lambda row: row[0], sort)


def names(of: Order[Row]) -> str:
    return "".join(row[0] for row in of.rows)


def test_sorting_is_stable() -> None:
    """Equal rows keep the order they came in, in both directions."""
    rows = order()
    rows.take([("a", 1), ("b", 2), ("c", 1), ("d", 2)], 0)

    assert names(rows) == "bdac"

    rows.reverse()

    assert names(rows) == "acbd"


def test_untouched_cursor_stays_on_top() -> None:
    """Nobody has chosen a row: the worst one is always under the cursor."""
    rows = order()
    rows.take([("a", 3), ("b", 2)], 0)
    rows.take([("a", 3), ("b", 9)], 1)

    assert rows.current == ("b", 9)
    assert not rows.claimed


def test_cursor_follows_its_row() -> None:
    """A chosen row is followed by its key through re-sorts and updates."""
    rows = order()
    rows.take([("a", 3), ("b", 2), ("c", 1)], 0)
    rows.move(1, 0)
    rows.take([("a", 3), ("b", 1), ("c", 7)], HOLD_S)

    assert names(rows) == "cab"
    assert rows.current == ("b", 1)


def test_order_holds_still_under_the_hand() -> None:
    """For three seconds after a move rows keep their places, only their cells change."""
    rows = order()
    rows.take([("a", 3), ("b", 2), ("c", 1)], 0)
    rows.move(2, 10)
    rows.take([("d", 99), ("c", 50), ("b", 2), ("a", 3)], 10 + HOLD_S - 0.1)

    assert names(rows) == "abcd"
    assert rows.current == ("c", 50)

    rows.take([("d", 99), ("c", 50), ("b", 2), ("a", 3)], 10 + HOLD_S)

    assert names(rows) == "dcab"


def test_cursor_survives_its_row() -> None:
    """When the row under the cursor goes, the one in its place is next."""
    rows = order("")
    rows.take([("a", 1), ("b", 1), ("c", 1)], 0)
    rows.move(2, 0)
    rows.take([("a", 1), ("b", 1)], 9)

    assert rows.current == ("b", 1)

    rows.take([], 20)

    assert rows.current is None


def test_going_home_lets_go() -> None:
    """On the first row the cursor no longer follows anything."""
    rows = order()
    rows.take([("a", 3), ("b", 2)], 0)
    rows.move(1, 0)
    rows.move(0, 0)
    rows.take([("a", 3), ("b", 9)], 9)

    assert rows.current == ("b", 9)


def test_sort_by_twice_turns_round() -> None:
    """A new column starts in its natural direction, the same one again is reversed."""
    rows = order()
    rows.take([("b", 1), ("a", 2)], 0)

    assert names(rows) == "ab"

    rows.sort_by("name")
    rows.sort_by("name")

    assert names(rows) == "ba"
    assert rows.reversed

    rows.sort_by("n")

    assert not rows.reversed


def test_filter_counts_both() -> None:
    """What the filter hides is still counted; the hold gives way to it."""
    rows = order()
    rows.take([("a", 3), ("b", 2)], 0)
    rows.move(1, 0)
    rows.narrow("n>2")
    rows.take([("a", 3), ("b", 2)], 1)

    assert (len(rows.rows), rows.total) == (1, 2)
    assert rows.current == ("a", 3)
