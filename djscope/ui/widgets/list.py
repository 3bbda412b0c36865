"""The list widget: draws visible rows only, repaints changed ones only, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Generic

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from djscope.ui import keys
from djscope.ui.columns import R, lay_out
from djscope.ui.draw import wrap
from djscope.ui.facts import Facts
from djscope.ui.order import Order
from djscope.ui.spec import Opener, Spec
from djscope.ui.widgets import heading
from djscope.ui.widgets.toned import Part, Toned

Parts = tuple[Part, ...]


class RowList(Toned, ScrollView, Generic[R], inherit_bindings=False, can_focus=True):
    """A titled list of whatever its `spec` says."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.LIST]
    DEFAULT_CSS = """
    RowList {
        height: 1fr; overflow-x: hidden; overflow-y: auto;
        scrollbar-size: 1 1; background: $background;
    }
    """

    class Opened(Message):
        """A row was opened."""

        def __init__(self, opener: Opener) -> None:
            super().__init__()
            self.opener = opener

    class Moved(Message):
        """Another row is under the cursor."""

    def __init__(self, spec: Spec[R], facts: Facts) -> None:
        super().__init__(id=spec.id)
        self.spec = spec
        self.heading = spec.title
        self.facts = facts
        self.order: Order[R] = Order(spec.columns(facts), spec.key, spec.sort)
        # What stands here in turn, each in the order in which it was left.
        self._turns = [(spec, self.order)]
        for other in spec.turns:
            self._turns.append((other, Order(other.columns(facts), other.key, other.sort)))
        self._lately = facts.lately
        self._drawn: dict[int, Parts] = {}
        self._headline: tuple[str, ...] = ()
        self._stamp: object = None
        self._empty = ""

    # What is shown

    @property
    def _head(self) -> int:
        """Lines above the rows: the title, and column titles where there is room."""
        return 2 if self.size.height >= (3 if self.spec.aside else 6) else 1

    @property
    def _room(self) -> int:
        return heading.room(self.size.width)

    def tick(self) -> None:
        """Take over what changed since the last time."""
        if self._stamp != self.facts.stamp:
            self.load()

    def load(self) -> None:
        """Ask for the rows again and repaint those that differ."""
        before = self.order.current
        self._put_first()
        with self.facts.lock:
            self._stamp = self.facts.stamp
            self.order.take(self.spec.rows(self.facts), self.facts.clock())
            self._empty = "" if self.order.rows else self._nothing()
            fresh = {index: self._parts(self.order.rows[index]) for index in self._window()}
        self._show(fresh)
        if self.order.current is not before:
            self.post_message(self.Moved())

    def _put_first(self) -> None:
        """The last minute, or what was in all."""
        if self._lately != self.facts.lately:
            self._lately = self.facts.lately
            for spec, order in self._turns:
                if spec.windowed:
                    order.exchange(spec.columns(self.facts), lately=self._lately)
            self._drawn = {}

    def _nothing(self) -> str:
        if self.order.filter:
            return f'nothing matches "{self.order.filter.text}" · esc clears the filter'
        return self.spec.empty(self.facts)

    def _window(self) -> Iterator[int]:
        top = self.scroll_offset.y
        return iter(range(top, min(top + max(self.size.height, 1), len(self.order.rows))))

    def _show(self, fresh: dict[int, Parts]) -> None:
        before, self._drawn = self._drawn, fresh
        headline = (self._title(), self._empty)
        size = Size(0, max(len(self.order.rows), self._empty.count("\n") + 1) + self._head)
        if size != self.virtual_size:
            self.virtual_size = size
            self.scroll_to_cursor()
        dirty = [index for index, parts in fresh.items() if before.get(index) != parts]
        if headline != self._headline or 2 * len(dirty) > len(fresh) or len(before) != len(fresh):
            self._headline = headline
            self.refresh()
            return
        for index in dirty:
            self.refresh_line(index + self._head)

    def _parts(self, row: R) -> Parts:
        """The cells of one row, as drawn."""
        return tuple(
            (column.draw(row, width) + " ", column.tone(row) if column.tone else "")
            for column, width in lay_out(self.order.columns, self._room)
        )

    # Drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self.strip([(self._title(), "active" if self.has_focus else "title")], width)
        if y < self._head:
            return self.strip([(heading.column_titles(self.order, width), "head")], width)
        if not self.order.rows:
            return self._empty_line(y - self._head)
        index = y - self._head + self.scroll_offset.y
        if index >= len(self.order.rows):
            return Strip.blank(width, self.rich_style)
        return self._row(index)

    def _row(self, index: int) -> Strip:
        parts = self._drawn.get(index)
        if parts is None:
            with self.facts.lock:
                parts = self._drawn[index] = self._parts(self.order.rows[index])
        marked = index == self.order.cursor and (self.has_focus or self.order.claimed)
        under = "" if not marked else "cursor" if self.has_focus else "mark"
        return self.strip([("▶" if marked else " ", ""), *parts], self.size.width, under)

    def _title(self) -> str:
        draw = heading.title if self._head > 1 else heading.compact
        name = f"{self.heading}, last minute first" if self._window_first else self.heading
        return draw(name, self.order, self.size.width, focused=self.has_focus)

    @property
    def _window_first(self) -> bool:
        return self.spec.windowed and self.facts.lately

    def _empty_line(self, line: int) -> Strip:
        lines = [part for text in self._empty.split("\n") for part in wrap(text, self._room)]
        text = lines[line] if line < len(lines) else ""
        return self.strip([(" " + text, "faint")], self.size.width)

    # Moving about

    def on_resize(self) -> None:
        self._drawn = {}
        self.load()

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._drawn = {}

    def go(self, to: int) -> None:
        """Put the cursor onto row `to` and bring it into view."""
        before = self.order.cursor
        self.order.move(to, self.facts.clock())
        self.scroll_to_cursor()
        for index in (before, self.order.cursor):
            self.refresh_line(index + self._head)
        self.post_message(self.Moved())

    def scroll_to_cursor(self) -> None:
        """Scroll just as far as needed."""
        rows, top = max(self.size.height - self._head, 1), self.scroll_offset.y
        cursor = self.order.cursor
        wanted = cursor if cursor < top else max(top, cursor - rows + 1)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False, force=True, immediate=True)

    def action_move(self, by: int) -> None:
        self.go(self.order.cursor + by)

    def action_half_page(self, direction: int) -> None:
        self.go(self.order.cursor + direction * max((self.size.height - self._head) // 2, 1))

    def action_first(self) -> None:
        self.go(0)

    def action_last(self) -> None:
        self.go(len(self.order.rows) - 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "open":
            return self.spec.open is not None
        if action == "turn":
            return len(self._turns) > 1
        if action == "lately":
            return self.spec.windowed
        return super().check_action(action, parameters)

    def action_open(self) -> None:
        opener = self.opener()
        if opener is not None:
            self.post_message(self.Opened(opener))

    def opener(self) -> Opener | None:
        """What opening the row under the cursor would show."""
        row = self.order.current
        return self.spec.open(row) if row is not None and self.spec.open else None

    def action_sort(self) -> None:
        """By the next column that is drawn."""
        # Before it was ever drawn it has no width: typed ahead, then, of all columns.
        drawn = lay_out(self.order.columns, self._room) if self.size.width else ()
        ids = [column.id for column, _ in drawn] or [column.id for column in self.order.columns]
        at = ids.index(self.order.sort) + 1 if self.order.sort in ids else 0
        self._sorted(ids[at % len(ids)])

    def action_turn(self) -> None:
        """To the next list that stands here in turn."""
        at = [order for _, order in self._turns].index(self.order) + 1
        self.spec, self.order = self._turns[at % len(self._turns)]
        self.heading = self.spec.title
        self._drawn = {}
        self.load()
        self._redraw()
        self.refresh_bindings()
        self.post_message(self.Moved())

    def action_lately(self) -> None:
        """Here and in all lists of queries."""
        self.facts.lately = not self.facts.lately
        self.load()
        self._redraw()

    def narrow(self, text: str) -> None:
        """Show rows that match `text` only."""
        self.order.narrow(text)
        self.load()

    def action_reverse(self) -> None:
        with self.facts.lock:
            self.order.reverse()
        self._redraw()

    def _sorted(self, column_id: str) -> None:
        with self.facts.lock:
            self.order.sort_by(column_id)
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = {}
        self.scroll_to_cursor()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """On a column title: sort; on a row: select it, or open it if it is."""
        index = event.y - self._head + self.scroll_offset.y
        if event.y < self._head:
            self._click_title(event.x - 1) if event.y else None
        elif index == self.order.cursor:
            self.action_open()
        elif index < len(self.order.rows):
            self.go(index)

    def _click_title(self, x: int) -> None:
        for column, width in lay_out(self.order.columns, self._room):
            if x <= width:
                self._sorted(column.id)
                return
            x -= width + 1
