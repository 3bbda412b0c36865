"""Stacks of one process: its probe is asked, and py-spy where it does not answer."""

from __future__ import annotations

import threading
import time

from djscope.attach.local import local, why_not
from djscope.attach.pyspy import dump
from djscope.errors import DjscopeError
from djscope.feed.shapes import StacksTaken
from djscope.model.definitions import Place
from djscope.model.findings.standing import app_place
from djscope.model.processes import ProcessFact
from djscope.model.stacks import Taken, complete, from_probe
from djscope.watch import Watch

ANSWER_S = 2.0
# The answer is there, the texts of its stacks are not: so long they are waited for.
TEXTS_S = 2.0


class Taking:
    """Begins when it is made; `poll` moves it on. In the end `taken` or `problem` says it.

    `unit` is the id of the unit that was asked about, if any. `stage` says what is waited for.
    """

    def __init__(self, watch: Watch, process: ProcessFact, unit: str = "") -> None:
        self._watch = watch
        self._process = process
        self._unit = unit
        self._began = time.monotonic()
        self._spy: threading.Thread | None = None
        self._spied: Taken | DjscopeError | None = None
        self._answer: StacksTaken | None = None
        self._answered_at = 0.0
        self._word = watch.ask("stacks", process.id) if process.probe or process.armed else ""
        self.stage = "asking its probe"
        self.taken: Taken | None = None
        self.problem = ""

    @property
    def over(self) -> bool:
        return self.taken is not None or bool(self.problem)

    @property
    def waited_s(self) -> float:
        return time.monotonic() - self._began

    def poll(self) -> bool:
        """Look what has come; true when it is over. Not with the watch's lock held."""
        if self.over:
            return True
        if self._spy is not None:
            self._take_spied()
        elif self._word and self._look():
            self._finish()
        elif self._answer is None and (not self._word or self.waited_s > ANSWER_S):
            self._begin_spying()
        return self.over

    def _look(self) -> bool:
        """Whether the probe's answer is there, with all its texts or without hope of them."""
        with self._watch.lock:
            session = self._watch.session
            answer = session.answers.get(self._word)
            if not isinstance(answer, StacksTaken):
                return False
            if self._answer is None:
                self._answer, self._answered_at = answer, time.monotonic()
                self.stage = "its probe answered, the texts are on their way"
            waited = time.monotonic() - self._answered_at
            return complete(answer, session.definitions) or waited > TEXTS_S

    def _finish(self) -> None:
        if self._answer is None:
            return
        with self._watch.lock:
            session = self._watch.session
            running = list(session.running.values())
            self.taken = from_probe(
                self._answer, self._process, running, session.definitions, self._unit
            )

    def _begin_spying(self) -> None:
        why = f"the probe of {self._process.name} does not answer"
        if not self._word:
            why = f"{self._process.name} has no probe"
        if local(self._process) is None:
            self.problem = f"{why}, and {why_not(self._process)}"
            return
        self.stage = f"{why}: asking py-spy"
        self._spy = threading.Thread(target=self._run_spy, name="djscope-py-spy", daemon=True)
        self._spy.start()

    def _run_spy(self) -> None:
        try:
            self._spied = dump(self._process.pid, self._process.name, self._near())
        except DjscopeError as error:
            self._spied = error

    def _near(self) -> Place | None:
        """Where the unit was last seen."""
        with self._watch.lock:
            session = self._watch.session
            fact = session.running.get((self._process.id, self._unit))
            return app_place(session.definitions.stack(fact.unit.now_id)) if fact else None

    def _take_spied(self) -> None:
        if isinstance(self._spied, Taken):
            self.taken = self._spied
        elif self._spied is not None:
            self.problem = str(self._spied)
