"""The source of a place: this machine's file if it is what the process runs, else marked, else
asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from djscope.feed.shapes import SourceSent
from djscope.model.definitions import Place
from djscope.model.processes import short_name
from djscope.model.session import Session
from djscope.pathmap import PathMap
from djscope.ui.source import SourceText
from djscope.watch import Watch
from djscope_probes.wire import CHANGED, source_digest

LIMIT = 5_000_000
# A probe that watches answers at its next flush, a second later where many share an app.
PATIENCE_S = 5.0
TRIES = 3
REMEMBERED = 200

DIFFERS = "differs from what the process runs"
CHANGED_SINCE = "changed since the process started: it may run other lines"
NOT_COMPARED = "this machine's file, not compared with the process's"
ABSENT = "no such file on this machine"
HOW = (
    "say where it is with --map REMOTE=LOCAL (--map /app=.), or let the process send it:"
    ' DJSCOPE = {"ALLOW": ["source"]} in its settings'
)


@dataclass(slots=True)
class Question:
    """What was asked of whom; `text` once there is an answer."""

    process: str
    word: str
    at: float
    tried: tuple[str, ...]
    text: SourceText | None = None


class SourceFiles:
    """Reads here, asks there; nothing is asked of a process whose host does not send sources."""

    def __init__(self, watch: Watch, paths: PathMap) -> None:
        self._watch = watch
        self._paths = paths
        self._asked: dict[tuple[str, int], Question] = {}

    def local(self, file: str) -> Path:
        """Where this machine has it, or would."""
        return self._paths.local(file)

    def __call__(self, place: Place) -> SourceText:
        """What there is now; a `pending` text is on its way."""
        found = read(self.local(place.file))
        if found is not None and found[1] == place.digest.removeprefix(CHANGED):
            return SourceText(found[0], note=mark(place.digest, found[1]))
        sent = self._ask(place) if place.app else None
        if found is not None and (sent is None or not sent.lines):
            return SourceText(found[0], note=mark(place.digest, found[1]))
        if sent is not None:
            return sent
        library = "; of libraries only names and lines are sent"
        return SourceText(note=ABSENT + (f": {HOW}" if place.app else library))

    def _ask(self, place: Place) -> SourceText | None:
        """What a process sent; None if there is none to ask."""
        key = (place.file, place.line)
        question = self._asked.get(key)
        if question is None:
            question = self._put(place, ())
        elif question.text is None:
            self._hear(question, place)
            if question.text is None and time.monotonic() - question.at > PATIENCE_S:
                question.text = SourceText(note=f"{short_name(question.process)} did not answer")
            failed = question.text is not None and not question.text.lines
            if failed and len(question.tried) < TRIES:
                question = self._put(place, question.tried) or question
        if question is None:
            return None
        if len(self._asked) >= REMEMBERED:
            self._asked.clear()
        self._asked[key] = question
        waiting = f"asking {short_name(question.process)} for it …"
        return question.text or SourceText(note=waiting, pending=True)

    def _put(self, place: Place, tried: tuple[str, ...]) -> Question | None:
        with self._watch.lock:
            session = self._watch.session
            process = next((p for p in who_may_send(session, place.file) if p not in tried), "")
        if not process:
            return None
        word = self._watch.ask("source", process, f"{place.line} {place.file}")
        return Question(process, word, time.monotonic(), (*tried, process))

    def _hear(self, question: Question, place: Place) -> None:
        with self._watch.lock:
            answer = self._watch.session.answers.get(question.word)
        if not isinstance(answer, SourceSent):
            return
        name = short_name(question.process)
        if answer.problem:
            question.text = SourceText(note=f"{ABSENT}; {name}: {answer.problem}")
            return
        note = mark(place.digest, answer.digest)
        said = f"sent by {name}; {note}" if note else f"sent by {name}"
        question.text = SourceText(answer.text.split("\n"), max(answer.first, 1), said)


def who_may_send(session: Session, file: str) -> Iterator[str]:
    """Processes that watch and may send sources, those first whose stacks named the file."""
    allowed = [p.id for p in session.processes.values() if p.armed and "source" in p.allow]
    if not allowed:
        return
    named: set[str] = set()
    stack = session.definitions.stack
    for stat in session.queries.stats.values():
        if any(frame.file == file for frame in stack(stat.stack_id)):
            named |= stat.processes
    for fact in (*session.running.values(), *session.recent):
        stacks = (*stack(fact.unit.stack_id), *stack(fact.unit.now_id))
        if any(frame.file == file for frame in stacks):
            named.add(fact.process)
    yield from sorted(allowed, key=lambda process: process not in named)


def mark(of_process: str, here: str) -> str:
    """What to say of lines whose digest is `here`; empty if they are what the process runs."""
    if not of_process or not here:
        return NOT_COMPARED
    if of_process.removeprefix(CHANGED) != here.removeprefix(CHANGED):
        return DIFFERS
    return CHANGED_SINCE if CHANGED in (of_process[:1], here[:1]) else ""


def read(path: Path) -> tuple[list[str], str] | None:
    """The lines of a source file and its digest, if it is there and is one."""
    try:
        if not path.is_file() or path.stat().st_size > LIMIT:
            return None
        data = path.read_bytes()
    except (OSError, ValueError):
        return None
    return data.decode("utf-8", "replace").splitlines(), source_digest(data)
