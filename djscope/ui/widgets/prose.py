"""Labelled text, wrapped, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from djscope.ui import keys
from djscope.ui.draw import fit, wrap
from djscope.ui.spec import Fact
from djscope.ui.widgets.toned import Part, Toned

LABEL = 11


class Prose(Toned, ScrollView, inherit_bindings=False, can_focus=True):
    """As high as its text, as far as the screen allows."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.SCROLL]
    DEFAULT_CSS = """
    Prose {
        height: auto; max-height: 50%; overflow-x: hidden; overflow-y: auto;
        scrollbar-size: 1 1; background: $background;
    }
    Prose.-alone { max-height: 100%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._facts: Sequence[Fact] = ()
        self._lines: list[list[Part]] = []

    def show(self, facts: Sequence[Fact]) -> None:
        """Say something else from here on."""
        if facts != self._facts:
            self._facts = facts
            self._wrap()

    def on_resize(self) -> None:
        self._wrap()

    def _wrap(self) -> None:
        # Before the first layout, what it will most likely be: else the first paint is narrow.
        width = max((self.size.width or self.app.size.width) - 1, LABEL + 10)
        self._lines = [line for fact in self._facts for line in _lines(fact, width)]
        size = Size(0, len(self._lines))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        parts = self._lines[index] if index < len(self._lines) else []
        return self.strip(parts, self.size.width)


def _lines(fact: Fact, width: int) -> list[list[Part]]:
    texts = [line for text in fact.text.split("\n") for line in _indented(text, width - LABEL - 1)]
    labels = [fact.label, *[""] * len(texts)]
    return [
        [(" " + fit(label, LABEL), "faint"), (text, fact.tone)]
        for label, text in zip(labels, texts, strict=False)
    ]


def _indented(text: str, width: int) -> list[str]:
    """A line of code keeps its blanks in front, also where it is wrapped."""
    blanks = " " * min(len(text) - len(text.lstrip(" ")), width // 2)
    return [blanks + line for line in wrap(text.lstrip(" "), width - len(blanks))]
