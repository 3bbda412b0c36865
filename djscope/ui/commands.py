"""The command palette: panes, findings and everything a key does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from djscope.ui import keys
from djscope.ui.details import finding
from djscope.ui.draw import clean
from djscope.ui.panes import PANES
from djscope.ui.screens.detail import DetailScreen
from djscope.ui.screens.page import Page
from djscope.ui.severity import mark

Command = tuple[str, Callable[[], Any]]
_ACTIONS = ("freeze", "resume", "export", "theme", "help", "quit")


class Commands(Provider):
    """Text from processes reaches the palette as `Content`, never as markup."""

    async def discover(self) -> Hits:
        for text, run in self._commands():
            yield DiscoveryHit(Content(text), run, text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, run in self._commands():
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, matcher.highlight(text), run, text)

    def _commands(self) -> Iterator[Command]:
        for number, pane in enumerate(PANES, 1):
            yield f"{number} {pane.title}", partial(self.app.run_action, f"pane({number})")
        page = self.screen
        if isinstance(page, Page):
            for one in page.facts.findings:
                text = clean(f"{mark(one)} {one.title} {one.where.short}", 200)
                screen = partial(DetailScreen, page.facts, page.read, finding.opener(one))
                yield text, partial(_push, page, screen)
        for binding in keys.APP:
            if binding.id in _ACTIONS and self.app.check_action(binding.action, ()):
                text = f"{binding.description}: {binding.tooltip} ({binding.key})"
                yield text, partial(self.app.run_action, binding.action)


def _push(page: Page, screen: Callable[[], DetailScreen]) -> None:
    page.app.push_screen(screen())
