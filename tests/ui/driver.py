"""Runs the real application on a made-up feed and reads its screen as text."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec

from textual import events
from textual.pilot import Pilot

from djscope.model.definitions import Place
from djscope.model.session import Session
from djscope.ui.app import DjscopeApp
from djscope.ui.screens.page import Page
from djscope.ui.source import Export, Reach, ReadSource, SourceText
from djscope.ui.widgets.list import RowList
from tests.builders import Feed
from tests.ui.reach import Nothing

P = ParamSpec("P")
SECONDS = 30
CHARS = {
    "space": " ",
    "colon": ":",
    "greater_than_sign": ">",
    "minus": "-",
    "slash": "/",
    "full_stop": ".",
}
WIDE, NORMAL, NARROW, TINY = (200, 50), (120, 30), (80, 24), (39, 9)


def played(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """An async test as pytest runs it."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def main() -> None:
            await test(*args, **kwargs)

        asyncio.run(main())

    return run


@dataclass
class Driver:
    """The application and what a person would do with it."""

    app: DjscopeApp
    pilot: Pilot[None]
    exported: list[tuple[Path, Session]] = field(default_factory=list)

    async def press(self, *keys: str) -> None:
        """One after the other, each once the one before has had its effect."""
        for key in keys:
            char = CHARS.get(key, key if len(key) == 1 else None)
            self.app.post_message(events.Key(key, char))
            for _ in range(3):
                await self.pilot._wait_for_screen()
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        names = {char: name for name, char in CHARS.items()}
        await self.press(*(names.get(char, char) for char in text))

    async def tick(self) -> None:
        """What the clock does, without waiting for it."""
        self.app._facts.refresh()
        screen = self.app.screen
        for _ in range(screen.steps if isinstance(screen, Page) else 0):
            screen.tick()  # type: ignore[attr-defined]
        await self.pilot.pause()

    async def until(self, check: Callable[[], bool], what: str) -> None:
        """Wait for what comes by itself."""
        deadline = time.monotonic() + SECONDS
        while not check():
            assert time.monotonic() < deadline, f"{what} did not come about"
            await self.pilot.pause(0.02)

    @property
    def lines(self) -> list[str]:
        """The screen, top to bottom."""
        strips = self.app.screen._compositor.render_strips()
        return [strip.text.rstrip() for strip in strips]

    @property
    def screen(self) -> str:
        return "\n".join(self.lines)

    @property
    def focused(self) -> RowList[Any]:
        focused = self.app.focused
        assert isinstance(focused, RowList)
        return focused


def no_source(path: str) -> list[str] | None:
    """Nothing can be read here."""
    return None


class Canned:
    """Source files that a test made up."""

    def __init__(self, read: Callable[[str], list[str] | None]) -> None:
        self._read = read

    def __call__(self, place: Place) -> SourceText:
        lines = self._read(place.file)
        return SourceText(lines or (), note="" if lines else "no such file on this machine")

    def local(self, file: str) -> Path:
        return Path(file)


@asynccontextmanager
async def running(
    feed: Feed,
    size: tuple[int, int] = NORMAL,
    read: ReadSource | Callable[[str], list[str] | None] = no_source,
    export: Export | None = None,
    reach: Reach | None = None,
) -> AsyncIterator[Driver]:
    """The application with `feed`, as somebody with a terminal of `size` sees it."""
    sources = read if hasattr(read, "local") else Canned(read)
    exported: list[tuple[Path, Session]] = []

    def note(path: Path, session: Session, now: float) -> Path:
        exported.append((path, session))
        return path

    app = DjscopeApp(feed, reach or Nothing(feed), export or note, sources)
    async with app.run_test(size=size, notifications=True) as pilot:
        driver = Driver(app, pilot, exported)
        await driver.tick()
        yield driver
