"""What the UI is given: facts that another thread keeps changing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from djscope.feed.status import FeedStatus
from djscope.model.definitions import Place
from djscope.model.figures import Figures
from djscope.model.processes import ProcessFact
from djscope.model.session import Session
from djscope.model.stacks import Taken

# Writes what a session (the live one or a frozen one) knows at a moment; returns where it ended up.
Export = Callable[[Path, Session, float], Path]


@dataclass(frozen=True, slots=True)
class SourceText:
    """Lines of a file from number `first` on.

    `note`: what is to be known of them, or why there are none. `pending`: ask again, some may come.
    """

    lines: Sequence[str] = ()
    first: int = 1
    note: str = ""
    pending: bool = False


class ReadSource(Protocol):
    """The source around a place, as a process runs it or else marked. Does not block."""

    def __call__(self, place: Place) -> SourceText: ...

    def local(self, file: str) -> Path:
        """Where this machine has a file of a process, or would."""
        ...


class Source(Protocol):
    """A feed and the session it fills.

    `lock` is held by the receiving thread while it applies a batch, and by the UI while it builds
    rows. `status` is replaced as a whole, never changed in place.
    """

    @property
    def session(self) -> Session: ...

    @property
    def lock(self) -> threading.Lock: ...

    @property
    def status(self) -> FeedStatus: ...

    def now(self) -> float:
        """Redis seconds."""
        ...


class Taking(Protocol):
    """Stacks on their way: `poll` until it is `over`, then there is `taken` or a `problem`."""

    stage: str
    taken: Taken | None
    problem: str

    @property
    def over(self) -> bool: ...

    @property
    def waited_s(self) -> float: ...

    def poll(self) -> bool: ...


class Reach(Protocol):
    """What can be had of a process beside what its probe sends by itself. Nothing here blocks."""

    def figures(self, process: ProcessFact) -> Figures:
        """The operating system's, where the process is on this machine."""
        ...

    def own_figures(self) -> Figures:
        """The viewer's own."""
        ...

    def unprobed(self, probed: Iterable[ProcessFact]) -> Sequence[ProcessFact]:
        """Processes on this machine that do such work without a probe; found anew now and then."""
        ...

    def stacks(self, process: ProcessFact, unit: str = "") -> Taking:
        """Begin to take its stacks; `unit` is the one asked about."""
        ...

    def deepen(self, kind: str, name: str) -> str:
        """Look at it deeply for a while, or no more; says which, or why not."""
        ...

    def save(self, path: Path, taken: Taken) -> Path:
        """Write stacks as JSON; returns where they ended up."""
        ...
