"""Everything about one thing; opens on top of what it was opened from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from djscope.model.definitions import NOWHERE, Place
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
    DetailScreen #detail > #unit-hops { height: auto; max-height: 33%; }
    DetailScreen #detail > #with-query { height: auto; max-height: 20%; }
    DetailScreen.-short #detail > RowList { min-height: 3; }
    """

    def __init__(self, facts: Facts, read: ReadSource, opener: Opener) -> None:
        super().__init__(facts, read)
        self._opener = opener
        self._stamp: object = None
        self.detail = self._look()
        self._prose = Prose()
        self._lists = [RowList(spec, facts) for spec in self.detail.lists]
        self._stack = StackView(facts, read) if self.detail.stack is not None else None
        self._prose.set_class(not (self._lists or self._stack), "-alone")

    def _look(self) -> Detail:
        with self.facts.lock:
            detail = self._opener(self.facts)
        self.title = detail.title
        return detail

    def body(self) -> Iterable[Any]:
        yield Crumbs()
        stack = [self._stack] if self._stack else []
        yield Sections(self._prose, *self._lists, *stack, id="detail")

    def on_mount(self) -> None:
        self._show()
        for one in self._lists:
            one.load()
        filled = [one for one in self._every_list if one.order.rows and not one.spec.aside]
        self.set_focus(filled[0] if filled else self._prose)

    @property
    def _every_list(self) -> list[RowList[Any]]:
        return [*self._lists, *([self._stack.frames] if self._stack else [])]

    def tick(self) -> None:
        super().tick()
        if self._stamp != self.facts.stamp:
            self._stamp = self.facts.stamp
            self.detail = self._look()
            self._show()
        for one in self._every_list:
            one.tick()

    def _show(self) -> None:
        self._prose.show(self.detail.facts)
        if self._stack and self.detail.stack is not None:
            self._stack.display = bool(self.detail.stack)
            self._stack.show(self.detail.stack_title, self.detail.stack, self.detail.place)

    def subject(self) -> Detail:
        return self.detail

    def place(self) -> Place:
        """The frame under the cursor, or else where it happens."""
        frame = self._stack.place if self._stack else NOWHERE
        return frame if frame.file else self.detail.place

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action == "back" or super().check_action(action, parameters)

    def action_back(self) -> None:
        if self.narrowed:
            super().action_back()
        else:
            self.app.pop_screen()
