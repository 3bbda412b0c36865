"""Where a filter is typed; it takes all keys, and says at once what is wrong with it."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input, Static

from djscope.ui.draw import clean
from djscope.ui.filter import HELP
from djscope.ui.widgets.list import RowList


class FilterLine(Horizontal):
    """Belongs to one list at a time."""

    DEFAULT_CSS = """
    FilterLine { display: none; height: auto; background: $panel; }
    FilterLine > #prompt { width: 2; color: $text-accent; }
    FilterLine > Input, FilterLine > Input:focus {
        width: 2fr; height: 1; border: none; padding: 0; background: $panel;
    }
    FilterLine > #problem { width: 3fr; height: 1; color: $text-muted; text-overflow: ellipsis; }
    FilterLine > #problem.-wrong {
        height: auto; max-height: 5; color: $text-error; text-style: bold;
    }
    """

    def compose(self) -> ComposeResult:
        yield Static("/", id="prompt", markup=False)
        yield Input(select_on_focus=False)
        yield Static(HELP, id="problem", markup=False)

    def edit(self, target: RowList[Any]) -> None:
        """Type the filter of `target`: what is typed replaces the one that was there."""
        self._target = target
        self.display = True
        line = self.query_one(Input)
        line.value = target.order.filter.text
        line.focus()
        line.select_all()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._target.narrow(event.value)
        problem = self._target.order.filter.problem
        hint = self.query_one("#problem", Static)
        hint.set_class(bool(problem), "-wrong")
        hint.update(f"✖ {clean(problem, 300)}" if problem else HELP)

    def on_input_submitted(self) -> None:
        self._close()

    def on_key(self, event: events.Key) -> None:
        """`esc` clears, `down` and `tab` keep the filter; the list has the keys again."""
        if event.key == "escape":
            self._target.narrow("")
        if event.key in {"escape", "down", "tab"}:
            event.stop()
            event.prevent_default()
            self._close()

    def _close(self) -> None:
        self.display = False
        self._target.focus()
