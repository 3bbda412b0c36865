"""The panes by number, the one on screen marked, findings counted by severity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual import events

from djscope.model.finding import Severity
from djscope.ui.facts import Facts
from djscope.ui.severity import GLYPHS
from djscope.ui.spec import Pane
from djscope.ui.widgets.line import Line
from djscope.ui.widgets.toned import Part


class Tabs(Line):
    """One line of `1 Overview  2 Queries …`."""

    def __init__(self, panes: Sequence[Pane], facts: Facts) -> None:
        super().__init__()
        self._panes = panes
        self._facts = facts
        self.current = panes[0].id

    def pieces(self, width: int) -> Sequence[Part]:
        names = self._names(short=False)
        if sum(map(len, names)) > width:
            names = [name.rstrip() for name in names]
        if sum(map(len, names)) > width:
            names = self._names(short=True)
        active = [pane.id == self.current for pane in self._panes]
        return [(name, "active" if on else "") for name, on in zip(names, active, strict=True)]

    def _names(self, *, short: bool) -> list[str]:
        names = []
        for number, pane in enumerate(self._panes, 1):
            marks = self._marks() if pane.id == "findings" else ""
            if pane.id == self.current:
                names.append(f"[{number} {pane.title}{marks}]")
            else:
                names.append(f" {number}{'' if short else ' ' + pane.title}{marks} ")
        return names

    def _marks(self) -> str:
        numbers = Counter(finding.severity for finding in self._facts.findings)
        return "".join(f" {GLYPHS[s]}{numbers[s]}" for s in Severity if numbers[s])

    async def on_click(self, event: events.Click) -> None:
        x = event.x
        for number, (text, _) in enumerate(self.pieces(self.size.width), 1):
            if x < len(text):
                await self.run_action(f"app.pane({number})")
                return
            x -= len(text)
