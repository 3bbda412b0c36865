"""What stands above a list: its title, and the titles of its columns."""

from __future__ import annotations

import re
from typing import Any

from djscope.ui.columns import lay_out
from djscope.ui.draw import clean, fit, width_of
from djscope.ui.order import Order


def room(width: int) -> int:
    """Cells for columns in a list of `width`: not the cursor's mark, nor the blank at the end."""
    return max(width - 2, 1)


def title(name: str, order: Order[Any], width: int, *, focused: bool) -> str:
    """`─ Queries ─ 12/340 ─ by total ▼ ─ filter orders ───`."""
    rule = "━" if focused else "─"
    words = [name, _shown(order)]
    if order.column is not None:
        words.append(f"by {order.column.title} {'▼' if order.falling else '▲'}")
    if order.filter.problem:
        words.insert(1, f"✖ {order.filter.brief}")
    if order.filter.text:
        words.append(f"filter {order.filter.text}")
    text = clean(f" {rule} ".join(word for word in words if word), 4 * width)
    return fit(f"{rule} {text} {rule * width}", width, cut="")


def compact(name: str, order: Order[Any], width: int, *, focused: bool) -> str:
    """Both in one line: the column titles show from where the title ends."""
    rule = "━" if focused else "─"
    wrong = f" {rule} ✖ {order.filter.brief}" if order.filter.problem else ""
    head = clean(f"{rule} {name}{wrong} {rule} {_shown(order)}", width)
    rest = column_titles(order, width)[width_of(head) :].rstrip()
    whole = re.sub("^[^ ]+", lambda cut: " " * len(cut[0]), rest)
    ruled = re.sub(" {3,}", lambda blank: f" {rule * (len(blank[0]) - 2)} ", whole)
    return fit(f"{head}{ruled} {rule * width}", width, cut="")


def column_titles(order: Order[Any], width: int) -> str:
    """The titles over their columns, the one that is sorted by marked."""
    cells = []
    for column, cells_wide in lay_out(order.columns, room(width)):
        mark = ("▼" if order.falling else "▲") if column.id == order.sort else ""
        cells.append(fit(mark + column.title, cells_wide, right=column.right))
    return " " + " ".join(cells)


def _shown(order: Order[Any]) -> str:
    return f"{len(order.rows)}/{order.total}" if order.filter else str(order.total)
