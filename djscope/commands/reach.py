"""What the screen may do beside drawing: look at processes more closely, write files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from djscope.attach.figures import LocalFigures
from djscope.attach.taking import Taking
from djscope.attach.unprobed import Unprobed
from djscope.checking.files import write_text
from djscope.model.deep import refusal, toggled
from djscope.model.figures import Figures
from djscope.model.processes import ProcessFact, short_name
from djscope.model.snapshot import to_json
from djscope.model.stacks import Taken, as_json
from djscope.watch import Watch


class Reach:
    """Of one watch; `close` when the screen is gone."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._figures = LocalFigures()
        self._unprobed = Unprobed()

    def figures(self, process: ProcessFact) -> Figures:
        """What the operating system says of a local process; nothing of others."""
        return self._figures.of(process)

    def own_figures(self) -> Figures:
        """The same of this viewer."""
        return self._figures.own()

    def unprobed(self, probed: Iterable[ProcessFact]) -> Sequence[ProcessFact]:
        """Local processes of this user's that look like Django's work, beside those probed."""
        return self._unprobed.beside(probed)

    def stacks(self, process: ProcessFact, unit: str = "") -> Taking:
        """Begin to take its stacks."""
        return Taking(self._watch, process, unit)

    def deepen(self, kind: str, name: str) -> str:
        """Look at one target deeply for five minutes, or no more; says what holds from now on.

        With the lock held by nobody.
        """
        feed = self._watch.feed
        with self._watch.lock:
            refused = refusal(self._watch.session, kind, name)
        targets, on = toggled(feed.targets, kind, name, feed.now())
        if on and refused:
            return refused
        feed.aim(targets)
        called = short_name(name) if kind == "process" else name
        return f"deep for five minutes: {called}" if on else f"no longer deep: {called}"

    def save(self, path: Path, taken: Taken) -> Path:
        """Stacks as JSON."""
        return write_text(to_json(as_json(taken)), path)

    def close(self) -> None:
        self._figures.close()
