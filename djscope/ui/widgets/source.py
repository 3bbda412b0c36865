"""The source around one line, and that line marked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from djscope.model.definitions import NOWHERE, Place
from djscope.ui import keys
from djscope.ui.draw import clean, fit, width_of, wrap
from djscope.ui.source import ReadSource, SourceText
from djscope.ui.widgets.toned import Part, Toned

# Only a window is highlighted: a whole large file takes 170 ms.
AROUND = 20
LONGEST = 300


class SourceView(Toned, ScrollView, inherit_bindings=False, can_focus=True):
    """Says so when there is no source to be read, or when it may not be what the process runs."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.SCROLL]
    DEFAULT_CSS = """
    SourceView {
        overflow-x: hidden; overflow-y: auto; scrollbar-size: 1 1; background: $background;
    }
    """

    def __init__(self, read: ReadSource) -> None:
        super().__init__()
        self._read = read
        self._place = NOWHERE
        self._text = SourceText()
        self._first = 1
        self._lines: Sequence[Sequence[Part]] = ()

    def show(self, place: Place) -> None:
        """Show the surroundings of `place`."""
        same = (place, place.digest) == (self._place, self._place.digest)
        if same and not self._text.pending:
            return
        text = self._read(place) if place.file else SourceText()
        if same and text == self._text:
            return
        self._place, self._text = place, text
        self._first = max(place.line - AROUND, text.first)
        begin, end = self._first - text.first, place.line + AROUND - text.first + 1
        window = text.lines[begin : max(end, 0)]
        shown = "\n".join(_tidy(line) for line in window)
        self._lines = source_parts(shown, place.file) if window else ()
        self.virtual_size = Size(0, max(len(self._lines), 1) + self._head)
        self._centre()
        self.refresh()

    def again(self) -> None:
        """Look whether something has come that was on its way."""
        self.show(self._place)

    @property
    def _head(self) -> int:
        """Lines above the source: the title, and a note on the source."""
        return 2 if self._lines and self._text.note else 1

    def on_resize(self) -> None:
        self._centre()

    def _centre(self) -> None:
        top = self._place.line - self._first + self._head - self.size.height // 2
        self.scroll_to(y=max(top, 0), animate=False, force=True, immediate=True)
        self.call_after_refresh(self._place_thumb)

    def _place_thumb(self) -> None:
        """Textual 8 tells a scroll bar of no scrolling that was before it was there."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self.scroll_y

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self.strip([(self._title(), "active" if self.has_focus else "title")], width)
        if y == 1 and self._head == 2:
            return self.strip([(fit(f" {self._text.note}", width), "warning")], width)
        index = y - self._head + self.scroll_offset.y
        if not self._lines:
            absent = wrap(self._absent(), max(width - 1, 1))
            return self.strip([(f" {absent[y - 1]}" if y <= len(absent) else "", "faint")], width)
        if index >= len(self._lines):
            return self.strip([], width)
        number = self._first + index
        marked = number == self._place.line
        gutter = f"{'▶' if marked else ' '}{number:>5} "
        under = "mark" if marked else ""
        text = within(self._lines[index], width - len(gutter))
        return self.strip([(gutter, "" if marked else "faint"), *text], width, under)

    def _title(self) -> str:
        rule = "━" if self.has_focus else "─"
        line = f":{self._place.line}" if self._place.line else ""
        name = f"{rule} {self._place.file}{line} " if self._place.file else rule
        return fit(clean(name, LONGEST), min(len(name), self.size.width)).ljust(
            self.size.width, rule
        )

    def _absent(self) -> str:
        if not self._place.file:
            return "no line known"
        return self._text.note or "no such file on this machine"


def _tidy(line: str) -> str:
    text = line.rstrip("\r\n")[: LONGEST + 1].expandtabs(4)
    return clean(text, LONGEST) + ("…" if len(text) > LONGEST else "")


def within(parts: Sequence[Part], width: int) -> Sequence[Part]:
    """`parts` in at most `width` cells, the cut marked."""
    room, kept = width, list[Part]()
    if sum(width_of(text) for text, _ in parts) <= width:
        return parts
    for text, tone in parts:
        if width_of(text) >= room:
            return [*kept, (fit(f"{text}  ", room), tone)]
        kept.append((text, tone))
        room -= width_of(text)
    return kept


def source_parts(text: str, file: str) -> Sequence[Sequence[Part]]:
    """Python in tones, a template as it is."""
    if file.endswith((".py", ".pyi")):
        return _highlight(text)
    return [[(line, "")] for line in text.split("\n")]


@lru_cache(32)
def _highlight(text: str) -> Sequence[Sequence[Part]]:
    """Lines of parts. Pygments is imported when the first source is looked at, not before."""
    from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
    from pygments.token import Token  # type: ignore[import-untyped]

    tones = {
        Token.Keyword: "code", Token.Literal.String: "good", Token.Comment: "faint",
        Token.Name.Decorator: "warning", Token.Operator.Word: "code",
        Token.Literal.Number: "warning",
    }  # fmt: skip
    lines: list[list[Part]] = [[]]
    for token, value in PythonLexer(stripnl=False, ensurenl=False).get_tokens(text):
        tone = next((tones[kind] for kind in reversed(token.split()) if kind in tones), "")
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if piece:
                lines[-1].append((piece, tone))
    return lines
