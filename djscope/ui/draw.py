"""Text from anywhere, made fit for a cell of fixed width."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from djscope.plain import plain

BARS = "▁▂▃▄▅▆▇█"
# Variation selectors, tags and piles of combining marks: terminals disagree on their width.
_UNSTEADY = re.compile(
    "[\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff]|(?<=[\u0300-\u036f])[\u0300-\u036f]+"
)


def clean(text: str, limit: int) -> str:
    """The first `limit` characters of `text` as one harmless line."""
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    return _UNSTEADY.sub("", plain(text))


def width_of(text: str) -> int:
    """Cells that cleaned `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, *, right: bool = False, tail: bool = False, cut: str = "…") -> str:
    """`text` in exactly `width` cells; `cut` stands for its end, or with `tail` its beginning."""
    if width <= 0:
        return ""
    text = clean(text[-4 * width - 4 :] if tail else text, 4 * width + 4)
    taken = width_of(text)
    if taken > width:
        return _last(text, width) if tail else _first(text, width, cut)
    blank = " " * (width - taken)
    return blank + text if right else text + blank


def _first(text: str, width: int, cut: str) -> str:
    return set_cell_size(text, width - len(cut)) + cut


def _last(text: str, width: int) -> str:
    while width_of(text) >= width and text:
        text = text[1:]
    return "…".rjust(width - width_of(text), "…") + text


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells, broken at blanks where there are any."""
    lines = [""]
    for word in clean(text, 20_000).split(" "):
        rest = word
        joined = f"{lines[-1]} {rest}" if lines[-1] else rest
        if width_of(joined) <= width:
            lines[-1] = joined
            continue
        while width_of(rest) > width:
            head = set_cell_size(rest, width).rstrip() or rest[:1]
            lines.append(head)
            rest = rest[len(head) :]
        lines.append(rest)
    return [line for line in lines if line] or [""]


def spark(series: Sequence[float], width: int) -> str:
    """The last part of `series` as bars, several values per bar when there is less room."""
    if width <= 0 or not series:
        return ""
    per_bar = -(-len(series) // width)
    pools = [sum(series[max(end - per_bar, 0) : end]) for end in range(len(series), 0, -per_bar)]
    top = max(pools) or 1
    drawn = "".join(" " if value <= 0 else BARS[int(value * 7 / top)] for value in reversed(pools))
    return drawn[-width:]


def bar(start: float, length: float, width: int) -> str:
    """A stretch from `start` on, both as shares of `width` cells; never invisible."""
    first = min(int(max(start, 0.0) * width), max(width - 1, 0))
    cells = max(1, round(length * width))
    return " " * first + "█" * min(cells, width - first)
