"""The application: a clock for the screens, and the keys that work everywhere."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.notifications import Notify, SeverityLevel

from djscope.ui import keys
from djscope.ui.commands import Commands
from djscope.ui.draw import clean
from djscope.ui.facts import Facts
from djscope.ui.glyphs import AsciiOnly, speaks_unicode
from djscope.ui.pace import Pace
from djscope.ui.screens.detail import DetailScreen
from djscope.ui.screens.help import HelpScreen
from djscope.ui.screens.page import Page
from djscope.ui.screens.panes import PanesScreen
from djscope.ui.source import Export, Reach, ReadSource, Source
from djscope.ui.suspension import leave_before_return
from djscope.ui.toasts import TimedNotification
from djscope.ui.widgets.list import RowList

THEMES = ("textual-dark", "textual-light", "nord", "gruvbox", "tokyo-night", "solarized-light")


class DjscopeApp(App[None]):
    """Draws what `source` collects until the user has seen enough."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.APP]
    COMMANDS: ClassVar[set[type[Provider]]] = {Commands}  # type: ignore[assignment]
    CSS = "Toast { padding: 0 1; max-width: 100; }"

    TITLE = "djscope"

    def __init__(
        self, source: Source, reach: Reach, export: Export, read_source: ReadSource
    ) -> None:
        super().__init__()
        self.animation_level = "none"
        self._facts = Facts(source, reach)
        self._export = export
        self._read_source = read_source
        self._pace = Pace()
        self._drawing = True
        self._ascii = [] if speaks_unicode() else [AsciiOnly()]
        # The terminal's own colours collapse to black on black where NO_COLOR is set.
        if self.theme.startswith("ansi") or "NO_COLOR" in os.environ:
            self.theme = THEMES[0]

    def get_default_screen(self) -> PanesScreen:
        return PanesScreen(self._facts, self._read_source)

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), *self._ascii]

    def on_mount(self) -> None:
        self.set_timer(self._pace.period, self._tick)
        if not self.is_headless:
            self.app_suspend_signal.subscribe(self, lambda _: self._draw(False))
            self.app_resume_signal.subscribe(self, lambda _: self._draw(True))
            leave_before_return(
                lambda: self._drawing, self._leave_terminal, lambda: self.refresh(layout=True)
            )

    def notify(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information",
        timeout: float | None = None, markup: bool = True,
    ) -> None:  # fmt: skip
        lasts = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        told = TimedNotification(message, title, severity, lasts, markup=markup)
        self.post_message(Notify(told))

    def _draw(self, drawing: bool) -> None:
        """The terminal is ours, or the editor's or the shell's."""
        self._drawing = drawing

    def _leave_terminal(self) -> None:
        if self._driver is not None:
            self._driver.suspend_application_mode()

    # Painting

    @property
    def _page(self) -> Page | None:
        """The screen that goes on changing, unless something lies on top of it."""
        top = self.screen_stack[-1] if self.screen_stack else None
        return top if isinstance(top, Page) and top.is_mounted else None

    def _tick(self) -> None:
        began = time.perf_counter()
        self._facts.refresh()
        if self._page:
            self._page.tick()
        self.call_after_refresh(self._painted, began)

    def _painted(self, began: float) -> None:
        steps = self._page.steps if self._page else 1
        self._pace.painted((time.perf_counter() - began) * steps)
        self.set_timer(self._pace.period / steps, self._tick)

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        self.push_screen(DetailScreen(self._facts, self._read_source, event.opener))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"freeze", "resume"}:
            return self._facts.frozen == (action == "resume")
        return super().check_action(action, parameters)

    async def action_pane(self, number: int) -> None:
        """Leave all details, show a pane."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        screen: Any = self.screen
        await screen.show(number)

    def action_freeze(self) -> None:
        self._facts.freeze()
        self._turned()

    def action_resume(self) -> None:
        self._facts.resume()
        self._turned()

    def action_reset(self) -> None:
        """After a fix, say: is it gone?"""
        self._facts.reset()
        self._turned()
        self.notify("counting from now", markup=False)

    def _turned(self) -> None:
        self.refresh_bindings()
        if self._page:
            self._page.tick()

    def action_theme(self) -> None:
        at = THEMES.index(self.theme) + 1 if self.theme in THEMES else 0
        self.theme = THEMES[at % len(THEMES)]

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self._facts))

    def action_export(self) -> None:
        """In a thread: a long session takes its time to write."""
        app = clean(self._facts.status.app, 40).replace("/", "-")
        path = Path(time.strftime(f"djscope-{app}-%Y%m%d-%H%M%S.json"))
        self.run_worker(lambda: self._write(path), thread=True, exit_on_error=False)

    def _write(self, path: Path) -> None:
        try:
            facts = self._facts
            place = self._export(path, facts.session, facts.now)
            written, severity = f"exported to {place}", "information"
        except Exception as error:  # whatever it was, the view goes on
            written, severity = f"not exported: {error}", "error"
        self.call_from_thread(self.notify, clean(written, 300), severity=severity, markup=False)
