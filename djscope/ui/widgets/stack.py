"""A stack, and the source of the frame that the cursor is on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from djscope.model.definitions import NOWHERE, Place, Stack
from djscope.ui import keys
from djscope.ui.columns import Column
from djscope.ui.facts import Facts
from djscope.ui.source import ReadSource
from djscope.ui.spec import Spec
from djscope.ui.widgets.list import RowList
from djscope.ui.widgets.source import SourceView

Frame = tuple[int, Place]


class StackView(Container):
    """The application's own frames; `a` shows the libraries' too."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.STACK]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    StackView { layout: horizontal; height: 2fr; }
    StackView > RowList { width: 2fr; height: 1fr; }
    StackView > SourceView { width: 3fr; height: 1fr; margin-left: 1; }
    .-narrow StackView { layout: vertical; }
    .-narrow StackView > RowList { width: 1fr; height: auto; max-height: 40%; }
    .-narrow StackView > SourceView { width: 1fr; height: 1fr; margin-left: 0; }
    """

    def __init__(self, facts: Facts, read: ReadSource, *, everything: bool = False) -> None:
        super().__init__()
        self._stack: Stack = ()
        self._everything = everything
        self.frames = RowList(self._spec(), facts)
        self._source = SourceView(read)

    def compose(self) -> ComposeResult:
        yield self.frames
        yield self._source

    def show(self, title: str, stack: Stack, place: Place) -> None:
        """Another stack; begin at `place` if it is one of the frames."""
        self.frames.heading = title
        if stack == self._stack:
            self._source.again()
            return
        self._stack = stack
        self.frames.load()
        at = [frame for _, frame in self.frames.order.rows]
        self.frames.go(at.index(place) if place in at else 0)

    @property
    def place(self) -> Place:
        """The frame under the cursor."""
        frame = self.frames.order.current
        return frame[1] if frame else NOWHERE

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()
        self._source.show(self.place)

    def action_frames(self) -> None:
        self._everything = not self._everything
        self.frames.load()

    def _rows(self, _: Facts) -> Sequence[Frame]:
        frames = list(enumerate(self._stack))
        own = [frame for frame in frames if frame[1].app]
        return frames if self._everything or not own else own

    def _spec(self) -> Spec[Frame]:
        return Spec(
            "frames", "Stack", self._rows, lambda frame: frame[0], _columns,
            lambda _: "no stack was taken",
        )  # fmt: skip


def _columns(_: Facts) -> Sequence[Column[Frame]]:
    def tone(frame: Frame) -> str:
        return "" if frame[1].app else "faint"

    return [
        Column("where", "where", (16, 3, 0), lambda frame: frame[1].short, tone=tone, tail=True),
        Column("function", "function", (10, 2, 1), lambda frame: frame[1].function, tone=tone),
    ]
