"""The source of a place: ours if it is what the process runs, else marked, else asked for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from djscope.errors import UsageError
from djscope.feed.shapes import Process, SourceSent
from djscope.model.definitions import Place
from djscope.pathmap import PathMap, path_map
from djscope.sourcefiles import (
    ABSENT,
    CHANGED_SINCE,
    DIFFERS,
    HOW,
    NOT_COMPARED,
    PATIENCE_S,
    SourceFiles,
)
from djscope_probes.wire import CHANGED, source_digest
from tests.builders import NOON, WEB, WORKER, Feed, report, shop
from tests.ui.driver import played, running

CODE = b"import os\n\n\ndef view(request):\n    return os.getcwd()\n"
MINE = source_digest(CODE)
REMOTE = Place("/srv/app/views.py", 4, "view", digest=MINE)


@dataclass
class Asking(Feed):
    """A feed, and what was asked through it."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def ask(self, verb: str, process: str, rest: str = "") -> str:
        self.asked.append((verb, process, rest))
        return f"w{len(self.asked)}"

    def reply(self, word: str, **more: Any) -> None:
        sent = SourceSent(word, REMOTE.file, 1, CODE.decode().rstrip("\n"), MINE)
        for name, value in more.items():
            setattr(sent, name, value)
        self.deliver(sent)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "views.py").write_bytes(CODE)
    return tmp_path


def files(feed: Asking, here: Path | None = None) -> SourceFiles:
    pairs = [("/srv/app", here)] if here else []
    return SourceFiles(feed, PathMap(pairs))  # type: ignore[arg-type]


def allowing(*processes: Process) -> Asking:
    """A feed with processes that watch; those named here send sources."""
    feed = Asking()
    for process in (WEB, WORKER):
        shape = Process(*(getattr(process, name) for name in process.__struct_fields__))
        shape.allow = ("source",) if process in processes else ()
        feed.session.announce([(shape, NOON)], NOON)
        feed.deliver(report(), process=shape)
    return feed


def test_the_same_file_is_shown_without_a_word(here: Path) -> None:
    """Its digest is the process's."""
    text = files(allowing(WEB), here)(REMOTE)

    assert (list(text.lines), text.note) == (CODE.decode().splitlines(), "")


@pytest.mark.parametrize(
    ("digest", "note"),
    [
        (source_digest(b"other"), DIFFERS),
        (CHANGED + source_digest(b"other"), DIFFERS),
        (CHANGED + MINE, CHANGED_SINCE),
        ("", NOT_COMPARED),
    ],
)
def test_another_file_is_shown_with_a_mark(here: Path, digest: str, note: str) -> None:
    """Where no process may send it, ours is better than nothing."""
    text = files(allowing(), here)(replace(REMOTE, digest=digest))

    assert (list(text.lines), text.note) == (CODE.decode().splitlines(), note)


def test_a_file_that_is_not_here_is_asked_for() -> None:
    """Once, of a process that may send it; what came is kept."""
    feed = allowing(WORKER)
    read = files(feed)

    assert read(REMOTE).pending
    assert read(REMOTE).note == "asking jobs-1/88 for it …"
    assert feed.asked == [("source", WORKER.id, "4 /srv/app/views.py")]

    feed.reply("w1")
    text = read(REMOTE)

    assert list(text.lines) == CODE.decode().splitlines()
    assert (text.note, text.pending) == ("sent by jobs-1/88", False)
    assert read(REMOTE) == text
    assert len(feed.asked) == 1


def test_a_file_that_differs_here_is_asked_for_too(here: Path) -> None:
    """Ours stays on the screen until the process's comes, and comes back if none does."""
    feed = allowing(WEB)
    read = files(feed, here)
    theirs = replace(REMOTE, digest=source_digest(b"theirs"))

    assert read(theirs).note == DIFFERS

    feed.reply("w1", text="theirs", digest=source_digest(b"theirs"))

    assert (list(read(theirs).lines), read(theirs).note) == (["theirs"], "sent by web-1/4711")


def test_what_was_sent_is_marked_as_well() -> None:
    """The process read the disk: that may have changed."""
    feed = allowing(WEB)
    read = files(feed)
    read(REMOTE)
    feed.reply("w1", digest=CHANGED + MINE)

    assert read(REMOTE).note == f"sent by web-1/4711; {CHANGED_SINCE}"


def test_another_process_is_asked_when_one_has_not_named_it() -> None:
    """Each knows only the files of its own frames."""
    feed = allowing(WEB, WORKER)
    read = files(feed)
    read(REMOTE)
    feed.reply("w1", text="", problem="not named")

    assert read(REMOTE).pending
    assert {process for _, process, _ in feed.asked} == {WEB.id, WORKER.id}

    feed.reply("w2", text="", problem="not named")
    text = read(REMOTE)

    assert not text.lines
    assert text.note.startswith(ABSENT)
    assert text.note.endswith(": not named")


def test_silence_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is said."""
    feed = allowing(WEB)
    read = files(feed)
    read(REMOTE)
    later = time.monotonic() + PATIENCE_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert read(REMOTE).note == "web-1/4711 did not answer"
    assert not read(REMOTE).pending


def test_where_nobody_may_send_it_the_remedy_is_said() -> None:
    """And nobody is asked: the host decides."""
    feed = allowing()

    assert files(feed)(REMOTE).note == f"{ABSENT}: {HOW}"
    assert feed.asked == []


def test_libraries_are_not_asked_for() -> None:
    """They can be had elsewhere."""
    feed = allowing(WEB)
    text = files(feed)(Place("/venv/django/db.py", 9, "execute", app=False))

    assert (text.lines, feed.asked) == ((), [])
    assert "libraries" in text.note


def test_the_process_that_named_it_is_asked_first() -> None:
    """By its stacks."""
    feed = allowing(WEB, WORKER)
    known = shop().session
    feed.session.definitions, feed.session.queries = known.definitions, known.queries
    feed.session.running = known.running
    for file, process in (("/app/shop/tasks.py", WORKER), ("/app/shop/views.py", WEB)):
        files(feed)(Place(file, 1, "x", digest=MINE))

        assert feed.asked[-1][1] == process.id


# --map


def test_the_longest_prefix_counts(tmp_path: Path) -> None:
    """And only whole names of directories."""
    (tmp_path / "lib").mkdir()
    paths = path_map([f"/app={tmp_path}", f"/app/lib/={tmp_path / 'lib'}"])

    assert paths.local("/app/shop/views.py") == tmp_path / "shop/views.py"
    assert paths.local("/app/lib/x.py") == tmp_path / "lib/x.py"
    assert paths.local("/application/x.py") == Path("/application/x.py")
    assert paths.local("/elsewhere/x.py") == Path("/elsewhere/x.py")


@pytest.mark.parametrize("text", ["/app", "/app=", "=.", "app=.", "/app=/no/such/place", ""])
def test_a_map_that_cannot_be_used(text: str) -> None:
    """One sentence with the remedy."""
    with pytest.raises(UsageError, match=r"^--map .*: .*$"):
        path_map([text])


# On screen


@played
async def test_the_mark_is_on_the_screen_and_lines_appear_when_they_come(here: Path) -> None:
    """From a query to its stack to the source of the frame."""
    feed = Asking()
    known = shop()
    feed.session, feed.seq = known.session, known.seq
    for fact in feed.session.processes.values():
        fact.allow = ("source",)
    view = replace(REMOTE, file="/app/shop/views.py", line=4)
    feed.session.definitions.known["s-view"] = (view,)
    async with running(feed, read=files(feed)) as driver:
        await driver.press("2", "enter", "tab", "tab")
        await driver.tick()

        assert "asking web-1/4711 for it" in driver.screen

        feed.reply("w1", digest=CHANGED + MINE)
        await driver.tick()

        assert "▶    4 def view(request):" in driver.screen
        assert "sent by web-1/4711; changed since the process started" in driver.screen
