"""What the screens reach for: answers that are there when the test says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from djscope.feed.shapes import Target
from djscope.model.deep import refusal, toggled
from djscope.model.figures import UNKNOWN, Figures
from djscope.model.processes import ProcessFact
from djscope.model.stacks import Taken
from tests.builders import Feed


@dataclass
class Waiting:
    """Stacks on their way until the test gives them."""

    stage: str = "asking its probe"
    taken: Taken | None = None
    problem: str = ""
    waited_s: float = 0.0

    @property
    def over(self) -> bool:
        return self.taken is not None or bool(self.problem)

    def poll(self) -> bool:
        return self.over


@dataclass
class Nothing:
    """Nothing is on this machine, unless `known` says so; what was asked for is noted."""

    feed: Feed
    known: dict[str, Figures] = field(default_factory=dict)
    others: Sequence[ProcessFact] = ()
    taking: Waiting = field(default_factory=Waiting)
    asked: list[tuple[str, str]] = field(default_factory=list)
    saved: list[tuple[Path, Taken]] = field(default_factory=list)

    def figures(self, process: ProcessFact) -> Figures:
        return self.known.get(process.id, UNKNOWN)

    def own_figures(self) -> Figures:
        return self.known.get("", UNKNOWN)

    def unprobed(self, probed: Iterable[ProcessFact]) -> Sequence[ProcessFact]:
        return self.others

    def stacks(self, process: ProcessFact, unit: str = "") -> Waiting:
        self.asked.append((process.name, unit))
        return self.taking

    def deepen(self, kind: str, name: str) -> str:
        """As the real one decides, on the feed's status instead of a lease."""
        refused = refusal(self.feed.session, kind, name)
        before: tuple[Target, ...] = self.feed.status.targets
        targets, on = toggled(before, kind, name, self.feed.at)
        if on and refused:
            return refused
        self.feed.status = replace(self.feed.status, targets=targets)
        return f"deep for five minutes: {name}" if on else f"no longer deep: {name}"

    def save(self, path: Path, taken: Taken) -> Path:
        self.saved.append((path, taken))
        return path
