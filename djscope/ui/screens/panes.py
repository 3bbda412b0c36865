"""The screen of the numbered panes; a pane is built when it is first looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container

from djscope.ui.facts import Facts
from djscope.ui.panes import PANES
from djscope.ui.screens.page import Page, Sections
from djscope.ui.source import ReadSource
from djscope.ui.spec import Pane
from djscope.ui.widgets.list import RowList
from djscope.ui.widgets.tabs import Tabs


class PaneView(Sections):
    """The lists of one pane."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    PaneView { height: 1fr; }
    PaneView > #running, PaneView > #middleware, PaneView > #bodies { height: 1fr; }
    PaneView > #cost { height: auto; max-height: 8; }
    PaneView > #requests, PaneView > #tasks { height: 3fr; }
    .-normal #overview { layout: grid; grid-size: 2; grid-gutter: 0 1; }
    .-wide #overview { layout: grid; grid-size: 3; grid-gutter: 0 1; }
    .-normal #overview > #findings { column-span: 2; }
    .-wide #overview > #findings { column-span: 2; }
    #overview > RowList { height: 1fr; }
    """

    def __init__(self, pane: Pane, facts: Facts) -> None:
        super().__init__(id=pane.id)
        self._lists = [RowList(spec, facts) for spec in pane.lists]
        self._next = 0

    def compose(self) -> ComposeResult:
        yield from self._lists

    @property
    def lists(self) -> list[RowList[Any]]:
        return self._lists

    def tick(self) -> bool:
        """One list per tick, so that no single paint is long; says when a round is complete."""
        self._lists[self._next].tick()
        self._next = (self._next + 1) % len(self._lists)
        return self._next == 0


class PanesScreen(Page):
    """Keeps every pane that was once on screen as it was left."""

    DEFAULT_CSS = "PanesScreen #panes { height: 1fr; }"

    def __init__(self, facts: Facts, read: ReadSource) -> None:
        super().__init__(facts, read)
        self._views: dict[str, PaneView] = {}
        self._tabs = Tabs(PANES, facts)
        self.title = PANES[0].title

    def body(self) -> Iterable[Any]:
        yield self._tabs
        self._panes = Container(self._view(PANES[0]), id="panes")
        yield self._panes

    def _view(self, pane: Pane) -> PaneView:
        view = self._views[pane.id] = PaneView(pane, self.facts)
        return view

    @property
    def shown(self) -> PaneView:
        return self._views[self._tabs.current]

    def on_mount(self) -> None:
        self.set_focus(self.shown.lists[0])

    async def show(self, number: int) -> None:
        """Bring pane `number` (from 1) to the front."""
        pane = PANES[number - 1]
        self.shown.display = False
        self._tabs.current, self.title = pane.id, pane.title
        if pane.id not in self._views:
            await self._panes.mount(self._view(pane))
        self.shown.display = True
        self.set_focus(self.shown.lists[0])
        for one in self.shown.lists:
            one.tick()
        self._tabs.tick()

    def refocus(self) -> None:
        self.set_focus(self.shown.lists[0])

    @property
    def steps(self) -> int:
        return len(self.shown.lists)

    def tick(self) -> None:
        if self.shown.tick():
            super().tick()
