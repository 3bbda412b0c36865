"""Stacks now: every thread and asyncio task of one process, and where the chosen one stands."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import BindingType

from djscope.model.definitions import NOWHERE, Place
from djscope.model.findings.standing import app_place
from djscope.model.processes import ProcessFact
from djscope.model.stacks import ThreadFact, counted, lines
from djscope.ui import format as fmt
from djscope.ui import keys
from djscope.ui.columns import Column
from djscope.ui.draw import clean
from djscope.ui.facts import Facts
from djscope.ui.screens.detail import Crumbs
from djscope.ui.screens.page import Page, Sections
from djscope.ui.source import ReadSource
from djscope.ui.spec import Detail, Fact, Spec
from djscope.ui.widgets.list import RowList
from djscope.ui.widgets.prose import Prose
from djscope.ui.widgets.stack import StackView

NO_THREADS = "nothing was taken yet"


class StacksScreen(Page):
    """Taken once, when it opens or when asked to again: what is read does not move."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.STACKS]
    DEFAULT_CSS = """
    StacksScreen #detail { height: 1fr; }
    StacksScreen #detail > #threads { height: 1fr; }
    """

    def __init__(
        self, facts: Facts, read: ReadSource, process: ProcessFact, unit: str = ""
    ) -> None:
        super().__init__(facts, read)
        self.title = f"stacks of {process.name}"
        self._process = process
        self._unit = unit
        self._taking = facts.reach.stacks(process, unit)
        self._told = False
        self._prose = Prose()
        self._threads = RowList(self._spec(), facts)
        self._stack = StackView(facts, read, everything=True)

    def body(self) -> Iterable[Any]:
        yield Crumbs()
        yield Sections(self._prose, self._threads, self._stack, id="detail")

    def on_mount(self) -> None:
        self.set_focus(self._threads)
        self.tick()

    def tick(self) -> None:
        super().tick()
        self._taking.poll()
        self._prose.show(self._facts())
        if self._taking.over and not self._told:
            self._told = True
            self._threads.narrow(self._threads.order.filter.text)  # sorted anew, whoever moved
            self._threads.go(0)
            self.refresh_bindings()

    def _facts(self) -> Sequence[Fact]:
        taking, taken = self._taking, self._taking.taken
        facts = [Fact("process", f"{self._process.name} {self._process.kind}", "strong")]
        if taken is None and not taking.problem:
            waited = "▪" * (1 + int(taking.waited_s * 4) % 8)
            return [*facts, Fact("waiting", f"{taking.stage} {waited}", "warning")]
        if taken is None:
            return [*facts, Fact("not taken", taking.problem, "critical")]
        left = f", {taken.left_out} more did not fit" if taken.left_out else ""
        said = f"{counted(taken)} at {fmt.clock(taken.at)}, by {taken.by}{left}"
        return [*facts, Fact("taken", said)]

    def _spec(self) -> Spec[ThreadFact]:
        def rows(_: Facts) -> Sequence[ThreadFact]:
            return self._taking.taken.threads if self._taking.taken else ()

        return Spec(
            "threads", "Threads and asyncio tasks", rows,
            lambda row: (row.kind, row.name, row.native_id), _columns, lambda _: NO_THREADS,
        )  # fmt: skip

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        event.stop()
        thread = self._threads.order.current
        if thread is not None:
            self._stack.show(f"Stack of {thread.name}", thread.stack, _place(thread))

    def subject(self) -> Detail:
        taken = self._taking.taken
        text = "\n".join(lines(taken)) if taken else ""
        return Detail(self.title or "", copy=text, place=self.place(), process=self._process.id)

    def place(self) -> Place:
        """The frame under the cursor."""
        return self._stack.place

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"again", "save"}:
            return self._taking.over
        return action == "back" or super().check_action(action, parameters)

    def action_stacks(self) -> None:
        """The same key once more asks once more."""
        self.action_again()

    def action_again(self) -> None:
        if self._taking.over:
            self._taking = self.facts.reach.stacks(self._process, self._unit)
            self._told = False
            self.refresh_bindings()
            self.tick()

    def action_save(self) -> None:
        taken = self._taking.taken
        if taken is None:
            self.notify("nothing to write", severity="warning", markup=False)
            return
        name = clean(taken.process, 60).replace("/", "-")
        path = Path(time.strftime(f"djscope-stacks-{name}-%Y%m%d-%H%M%S.json"))
        try:
            said = f"written to {self.facts.reach.save(path, taken)}"
            self.notify(clean(said, 300), markup=False)
        except Exception as error:  # whatever it was, the view goes on
            self.notify(clean(f"not written: {error}", 300), severity="error", markup=False)

    def action_back(self) -> None:
        if self.narrowed:
            super().action_back()
        else:
            self.app.pop_screen()


def _place(thread: ThreadFact) -> Place:
    return app_place(thread.stack) or NOWHERE


def _columns(_: Facts) -> Sequence[Column[ThreadFact]]:
    def tone(row: ThreadFact) -> str:
        return "warning" if row.own else "" if app_place(row.stack) else "faint"

    def inmost(row: ThreadFact) -> str:
        return row.stack[0].function if row.stack else ""

    return [
        Column("own", "own", (3, 0, 3), lambda row: "●" if row.own else "", tone=tone),
        Column("kind", "kind", (6, 0, 4), lambda row: row.kind, tone=tone),
        Column("name", "name", (14, 2, 0), lambda row: row.name, tone=tone),
        Column("work", "works for", (12, 2, 2), lambda row: row.work, tone=tone, tail=True),
        Column(
            "age", "for", (6, 0, 5), lambda row: fmt.duration(row.age_s * 1e6 or -1),
            lambda row: row.age_s * 1e3,
        ),
        Column("where", "our line", (16, 2, 1), _where, tone=tone, tail=True),
        Column("in", "stands in", (12, 2, 3), inmost, tone=tone),
        Column("native", "thread id", (9, 0, 6), lambda row: str(row.native_id or fmt.NONE)),
    ]  # fmt: skip


def _where(thread: ThreadFact) -> str:
    place = _place(thread)
    return place.short if place.file else fmt.NONE
