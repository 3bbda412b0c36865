"""Everything about one thing; opens on top of what it was opened from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from djscope.model.definitions import Place
from djscope.ui.draw import clean
from djscope.ui.facts import Facts
from djscope.ui.screens.page import Page, Sections
from djscope.ui.source import ReadSource
from djscope.ui.spec import Detail, Opener
from djscope.ui.widgets.line import Line
from djscope.ui.widgets.list import RowList
from djscope.ui.widgets.prose import Prose
from djscope.ui.widgets.stack import StackView
from djscope.ui.widgets.toned import Part


class Crumbs(Line):
    """The way here."""

    def pieces(self, width: int) -> Sequence[Part]:  # noqa: ARG002
        titles = [page.title for page in self.app.screen_stack if isinstance(page, Page)]
        return [(" " + " > ".join(clean(title or "", 60) for title in titles), "active")]


class DetailScreen(Page):
    """Prose, lists, a stack: whatever the detail has."""

    DEFAULT_CSS = """
    DetailScreen #detail { height: 1fr; }
    DetailScreen #detail > #failures, DetailScreen #detail > #groups {
        height: auto; max-height: 33%;
    }
    DetailScreen.-short #detail > RowList { min-height: 3; }
    """

    def __init__(self, facts: Facts, read: ReadSource, opener: Opener) -> None:
        super().__init__(facts, read)
        self._opener = opener
        self._stamp: object = None
        self.detail = self._look()

    def _look(self) -> Detail:
        with self.facts.lock:
            detail = self._opener(self.facts)
        self.title = detail.title
        return detail

    def body(self) -> Iterable[Any]:
        lists = [RowList(spec, self.facts) for spec in self.detail.lists]
        stack = [StackView(self.facts, self.read)] if self.detail.stack else []
        yield Crumbs()
        yield Sections(Prose(), *lists, *stack, id="detail")

    def on_mount(self) -> None:
        self._show()
        for one in self.query(RowList):
            one.load()
        filled = [one for one in self.query(RowList) if one.order.rows]
        (filled[0] if filled else self.query_one(Prose)).focus()

    def tick(self) -> None:
        super().tick()
        if self._stamp != self.facts.stamp:
            self._stamp = self.facts.stamp
            self.detail = self._look()
            self._show()
        for one in self.query(RowList):
            one.tick()

    def _show(self) -> None:
        self.query_one(Prose).show(self.detail.facts)
        for view in self.query(StackView):
            view.show(self.detail.stack_title, self.detail.stack, self.detail.place)

    def subject(self) -> Detail:
        return self.detail

    def place(self) -> Place:
        """The frame under the cursor, or else where it happens."""
        views = self.query(StackView)
        return views.first().place if views else self.detail.place

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action == "back" or super().check_action(action, parameters)

    def action_back(self) -> None:
        if self.narrowed:
            super().action_back()
        else:
            self.app.pop_screen()
