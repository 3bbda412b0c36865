"""Keys that act: freeze, maximise, export, copy, edit, find, help, quit."""

from __future__ import annotations

import subprocess
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.command import CommandList, CommandPalette

from djscope.model.session import Session
from djscope.ui import keys
from djscope.ui.app import THEMES
from djscope.ui.screens.detail import DetailScreen
from djscope.ui.screens.help import HelpScreen
from djscope.ui.screens.panes import PanesScreen
from tests.builders import request, shop, unit
from tests.ui.driver import WIDE, played, running


@played
async def test_freeze_and_resume() -> None:
    """space holds what is shown, details and other panes included; collecting goes on."""
    feed = shop()
    async with running(feed) as driver:
        await driver.press("3")

        assert "space freeze" in driver.screen

        await driver.press("space")
        feed.at += 5
        feed.deliver(request(unit("late")), request(unit("later")))
        await driver.tick()

        assert "❚❚ FROZEN +2" in driver.screen
        assert "space resume" in driver.screen
        assert driver.focused.order.rows[0].n == 25

        await driver.press("enter")

        assert "25 requests" in driver.screen

        await driver.press("escape", "space")
        await driver.tick()

        assert "▶ LIVE" in driver.screen
        assert driver.focused.order.rows[0].n == 27


@played
async def test_maximise() -> None:
    """z gives one list the whole pane, z or esc gives it back."""
    async with running(shop()) as driver:
        await driver.press("tab", "z")

        assert "Requests ━ 2" in driver.screen
        assert "Findings ─" not in driver.screen

        await driver.press("z")

        assert "Findings ─" in driver.screen

        await driver.press("z", "escape")

        assert "Findings ─" in driver.screen


@played
async def test_maximise_in_a_detail() -> None:
    """A stack and its source are maximised together; esc undoes that before it goes back."""
    async with running(shop()) as driver:
        await driver.press("6", "enter", "z")

        assert "what " not in driver.screen
        assert "Stack ━ 2" in driver.screen

        await driver.press("escape")

        assert isinstance(driver.app.screen, DetailScreen)
        assert "what " in driver.screen


@played
async def test_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """e writes a file named after the app and says where."""
    monkeypatch.setattr("time.strftime", lambda text, *_: text.replace("%Y%m%d-%H%M%S", "now"))
    async with running(shop()) as driver:
        await driver.press("e")
        await driver.app.workers.wait_for_complete()
        await driver.pilot.pause()

        assert [path for path, _ in driver.exported] == [Path("djscope-shop-now.json")]
        assert "exported to djscope-shop-now.json" in driver.screen


@played
async def test_a_frozen_view_is_exported_as_it_is_shown() -> None:
    """Not what came since: that is not what one looks at."""
    feed = shop()
    async with running(feed) as driver:
        await driver.press("space", "e")
        await driver.app.workers.wait_for_complete()

        assert driver.exported[0][1] is not feed.session


@played
async def test_export_that_fails() -> None:
    """A full disk is a sentence; the view goes on."""

    def full(path: Path, session: Session, now: float) -> Path:
        raise OSError(28, "No space left on device", str(path.parent))

    async with running(shop(), export=full) as driver:
        await driver.press("e")
        await driver.app.workers.wait_for_complete()
        await driver.pilot.pause()

        assert "not exported: [Errno 28] No space left on device" in driver.screen
        assert driver.app.is_running


@played
async def test_copy() -> None:
    """y copies the fix, or else the SQL, of what is selected or open."""
    async with running(shop()) as driver:
        for pressed, copied in [
            ("6 j y", '.select_related("author")'),
            ("2 y", '.select_related("author")'),
            ("2 j y", 'SELECT "shop_book"."id"'),
            ("6 enter y", '.select_related("author")'),
            ("2 g enter y", '.select_related("author")'),
            ("escape b y", '.select_related("author")'),
            ("enter y", '.select_related("author")'),
            ("escape b y", '.select_related("author")'),
            ("j y", "shop.tasks.report"),
            ("b y", '.select_related("author")'),
            ("3 y", "books/"),
        ]:
            await driver.press(*pressed.split())

            assert driver.app.clipboard.startswith(copied)
            assert f"copied: {copied}" in driver.screen


@played
async def test_what_was_copied_is_cut_with_a_mark() -> None:
    """A long statement, or code of several lines; what is short is said whole."""
    async with running(shop()) as driver:
        await driver.press("2", "j", "y")
        at = next(n for n, line in enumerate(driver.lines) if "copied:" in line)
        said = " ".join(" ".join(driver.lines[at : at + 2]).replace("▌", "").split())

        assert said.startswith('copied: SELECT "shop_book"."id" FROM "shop_book"')
        assert said.endswith('"shop_book"."…')

        await driver.press("3", "y")

        assert "copied: books/" in driver.screen
        assert "copied: books/…" not in driver.screen


@played
async def test_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """o hands the terminal to $EDITOR at the line under the cursor."""
    file, calls = tmp_path / "views.py", list[list[str]]()
    file.write_text("\n" * 40)
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "vim")
    monkeypatch.setattr(subprocess, "run", lambda words, check: calls.append(words))
    feed = shop()
    place = feed.session.definitions.place("l-view")
    feed.session.definitions.known["l-view"] = replace(place, file=str(file))
    async with running(feed) as driver:
        monkeypatch.setattr(driver.app, "suspend", nullcontext)
        await driver.press("2", "o")

        assert calls == [["vim", "+31", str(file)]]


@played
async def test_editor_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """No editor, no file: one sentence each."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with running(shop()) as driver:
        await driver.press("2", "o")

        assert "no editor known: set $EDITOR" in driver.screen

        monkeypatch.setenv("EDITOR", "vim")
        await driver.press("o")

        assert "this machine has no /app/shop/views.py" in driver.screen


@played
async def test_frames() -> None:
    """a shows the libraries' frames too, and hides them again."""
    async with running(shop()) as driver:
        await driver.press("6", "enter")

        assert "Stack ━ 2" in driver.screen

        await driver.press("a")

        assert "Stack ━ 4" in driver.screen
        assert "models/query.py:412" in driver.screen

        await driver.press("a")

        assert "Stack ━ 2" in driver.screen


@pytest.mark.parametrize("key", ["colon", "ctrl+p"])
@played
async def test_palette(key: str) -> None:
    """The palette finds panes and findings."""
    async with running(shop()) as driver:
        await driver.press(key)

        assert isinstance(driver.app.screen, CommandPalette)

        await driver.type("book.author")
        await driver.until(lambda: has_found(driver.app), "what was looked for")
        await driver.press("enter")
        await driver.until(lambda: isinstance(driver.app.screen, DetailScreen), "the detail")


def has_found(app: App[None]) -> bool:
    """Whether the palette has all that it will find, and that is something."""
    found = app.screen.query_one(CommandList)
    return bool(found.option_count) and not any(worker.is_running for worker in app.workers)


@played
async def test_theme() -> None:
    """t goes through the themes, one by one."""
    async with running(shop()) as driver:
        await driver.press("t")

        assert driver.app.theme == THEMES[1]

        await driver.press(*"t" * (len(THEMES) - 1))

        assert driver.app.theme == THEMES[0]


@played
async def test_help() -> None:
    """? lists every key; typing finds one; esc closes."""
    async with running(shop(), WIDE) as driver:
        await driver.press("question_mark")

        assert isinstance(driver.app.screen, HelpScreen)
        assert all(group.title in driver.screen for group in keys.GROUPS)

        await driver.type("quit editor")
        await driver.press(*["backspace"] * 11)
        await driver.type("editor")

        assert "1/" in driver.screen
        assert "open the line in $EDITOR" in driver.screen

        await driver.press("escape")

        assert isinstance(driver.app.screen, PanesScreen)


@pytest.mark.parametrize("pressed", [("q",), ("ctrl+c",), ("slash", "ctrl+c"), ("enter", "q")])
@played
async def test_quit(pressed: tuple[str, ...]) -> None:
    """q quits from anywhere but a line being typed, ctrl+c from there too."""
    async with running(shop()) as driver:
        await driver.press(*pressed)

        assert driver.app._exit


@played
async def test_q_is_a_letter_while_filtering() -> None:
    """Typing a filter with a q in it does not leave."""
    async with running(shop()) as driver:
        await driver.press("slash", "q")

        assert not driver.app._exit
        assert driver.app.screen.query("#findings").first().order.filter.text == "q"  # type: ignore[attr-defined]
