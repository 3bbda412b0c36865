"""What the UI is given: facts that another thread keeps changing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from djscope.feed.status import FeedStatus
from djscope.model.definitions import Place
from djscope.model.session import Session

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
