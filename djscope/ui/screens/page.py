"""What the panes' screen and the details have in common: header, banner, filter line, footer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Static

from djscope.model.definitions import NOWHERE, Place
from djscope.model.processes import ProcessFact, short_name
from djscope.ui import keys
from djscope.ui.clipboard import copy
from djscope.ui.draw import clean
from djscope.ui.editor import chosen, open_at
from djscope.ui.facts import Facts
from djscope.ui.source import ReadSource
from djscope.ui.spec import Detail
from djscope.ui.widgets.banner import Banner
from djscope.ui.widgets.filterline import FilterLine
from djscope.ui.widgets.footer import Footer
from djscope.ui.widgets.header import Header
from djscope.ui.widgets.line import Line
from djscope.ui.widgets.list import RowList

# Of what was copied so many characters are said.
COPIED = 60
TOO_SMALL = "terminal too small (40x10 needed)"


class Sections(Container):
    """Lists and texts that share the screen; one of them can have it all.

    On a low screen the one with the focus is open and of the others the titles are seen.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Sections { height: 1fr; }
    .-low Sections > * { height: 1; min-height: 1; max-height: 1; }
    .-low Sections > *:focus, .-low Sections > *:focus-within { height: 1fr; max-height: 100%; }
    Sections.-zoomed { layout: vertical; }
    Sections.-zoomed > * { display: none; }
    Sections.-zoomed > .-zoom { display: block; height: 1fr; max-height: 100%; }
    """


class Page(Screen[None]):
    """A screen that goes on changing while one looks at it."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.PAGE]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # the base declares them so
        (0, "-tiny"), (40, "-narrow"), (100, "-normal"), (180, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-flat"), (10, "-low"), (20, "-short"), (28, "-high"),
    ]  # fmt: skip
    DEFAULT_CSS = """
    Page { background: $background; }
    Page #small { display: none; width: 1fr; height: 1fr; content-align: center middle; }
    Page.-tiny > *, Page.-flat > * { display: none; }
    Page.-tiny > #small, Page.-flat > #small { display: block; }
    """

    def __init__(self, facts: Facts, read: ReadSource) -> None:
        super().__init__()
        self.facts = facts
        self.read = read

    def compose(self) -> ComposeResult:
        yield Header(self.facts)
        yield Banner(self.facts)
        yield from self.body()
        yield FilterLine()
        yield Footer()
        yield Static(TOO_SMALL, id="small", markup=False)

    def body(self) -> Iterable[Any]:
        """The widgets between banner and filter line."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """How many ticks a paint of everything is spread over."""
        return 1

    def tick(self) -> None:
        """Show what has changed."""
        if self.focused is None and not (self.has_class("-tiny") or self.has_class("-flat")):
            self.refocus()
        for line in self.query(Line):
            line.tick()

    @property
    def current(self) -> RowList[Any] | None:
        """The list that has the focus, or else the first one."""
        if isinstance(self.focused, RowList):
            return self.focused
        return next((found for found in self.query(RowList) if found.focusable), None)

    def refocus(self) -> None:
        """A list has the focus again, after the terminal was too small to have any."""
        if self.current is not None:
            self.set_focus(self.current)

    def subject(self) -> Detail | None:
        """What `y` and `o` are about."""
        return self._under_cursor()

    @property
    def narrowed(self) -> bool:
        """Whether a filter or a maximised list hides something."""
        current = self.current
        filtered = current is not None and bool(current.order.filter.text)
        return filtered or bool(self.query(".-zoom"))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.narrowed if action == "back" else super().check_action(action, parameters)

    def action_filter(self) -> None:
        if self.current is not None:
            self.query_one(FilterLine).edit(self.current)

    def action_back(self) -> None:
        """Undo the last narrowing of the view: the filter, then the maximised list."""
        current = self.current
        if current is not None and current.order.filter.text:
            current.narrow("")
        elif self.query(".-zoom"):
            self.action_maximise()

    def action_maximise(self) -> None:
        zoomed = self.query(".-zoom, .-zoomed")
        if zoomed:
            zoomed.remove_class("-zoom", "-zoomed")
            return
        nodes = self.focused.ancestors_with_self if self.focused else []
        for node in nodes:
            if isinstance(node.parent, Sections):
                node.add_class("-zoom")
                node.parent.add_class("-zoomed")

    def action_copy(self) -> None:
        subject = self.subject()
        if subject is None or not subject.copy:
            self.notify("nothing to copy here", severity="warning", markup=False)
            return
        copy(self.app, subject.copy)
        self.notify(f"copied: {_beginning(subject.copy)}", markup=False)

    def action_edit(self) -> None:
        place = self.place()
        if not place.file:
            self.notify("no line known here", severity="warning", markup=False)
            return
        path, line = self.read.local(place.file), max(place.line, 1)
        problem = open_at(self.app, chosen(os.environ), path, line)
        if problem:
            self.notify(clean(problem, 300), severity="error", markup=False)

    def action_stacks(self) -> None:
        """Of the process that the row under the cursor, or else the page, is about."""
        for about in (self._under_cursor(), self.subject()):
            if about is None or not about.process:
                continue
            process = self.facts.process(about.process)
            if process is not None:
                self.app.push_screen(self._stacks(process, about.unit))
            else:
                ended = f"{short_name(about.process)} has ended: choose another process"
                self.notify(clean(ended, 300), severity="warning", markup=False)
            return
        self.notify("no process is meant here: choose one", severity="warning", markup=False)

    def _stacks(self, process: ProcessFact, unit: str) -> Screen[None]:
        from djscope.ui.screens.stacks import StacksScreen  # it is a page itself

        return StacksScreen(self.facts, self.read, process, unit)

    def _under_cursor(self) -> Detail | None:
        opener = self.current.opener() if self.current else None
        with self.facts.lock:
            return opener(self.facts) if opener else None

    def action_deepen(self) -> None:
        subject = self.subject()
        if subject is None or subject.aim is None:
            self.notify("deep is for processes, routes and tasks", severity="warning", markup=False)
            return
        said = self.facts.reach.deepen(*subject.aim)
        self.notify(clean(said, 300), markup=False)

    def place(self) -> Place:
        """What `o` opens."""
        subject = self.subject()
        return subject.place if subject else NOWHERE


def _beginning(text: str) -> str:
    """Of the first line as much as a message has room for, and whether there is more."""
    first = text.strip().partition("\n")[0][:COPIED]
    return first if first == text.strip() else f"{first.rstrip()}…"
