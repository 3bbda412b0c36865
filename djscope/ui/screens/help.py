"""All keys; typing finds one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from djscope.ui import keys
from djscope.ui.columns import Column
from djscope.ui.facts import Facts
from djscope.ui.spec import Spec
from djscope.ui.widgets.list import RowList

Row = tuple[str, Binding]


class HelpScreen(ModalScreen[None]):
    """Read from the same bindings that the widgets use."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close"),
        Binding("down", "move(1)", "Down"),
        Binding("up", "move(-1)", "Up"),
        Binding("pagedown", "move(10)", "Page down"),
        Binding("pageup", "move(-10)", "Page up"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > Vertical { width: 90%; max-width: 110; height: 96%; background: $surface; }
    HelpScreen Input, HelpScreen Input:focus { height: 1; border: none; background: $panel; }
    HelpScreen RowList { background: $surface; }
    """

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self._list = RowList(_SPEC, facts)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Input(placeholder="type to find a key · esc closes")
            yield self._list

    def on_mount(self) -> None:
        self._list.can_focus = False
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list.narrow(event.value)

    def action_move(self, by: int) -> None:
        self._list.action_move(by)


def _keys(binding: Binding) -> str:
    names = {"question_mark": "?", "slash": "/", "colon": ":", "escape": "esc"}
    return " ".join(names.get(key, key) for key in binding.key.split(","))


def _columns(_: Facts) -> Sequence[Column[Row]]:
    return [
        Column("key", "key", (12, 0, 0), lambda row: _keys(row[1]), tone=lambda _: "active"),
        Column("does", "does", (28, 3, 0), lambda row: row[1].tooltip or row[1].description),
        Column("where", "where", (11, 1, 1), lambda row: row[0]),
    ]


_SPEC: Spec[Row] = Spec(
    "keys", "Keys",
    lambda _: [(group.title, binding) for group in keys.GROUPS for binding in group.keys],
    lambda row: (row[0], row[1].id), _columns, lambda _: "no such key",
)  # fmt: skip
