"""What the UI is given: facts that another thread keeps changing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from djscope.feed.status import FeedStatus
from djscope.model.session import Session

# The lines of a source file by the path a process knows it under; None when nobody can read it.
ReadSource = Callable[[str], list[str] | None]
# Writes what a session (the live one or a frozen one) knows at a moment; returns where it ended up.
Export = Callable[[Path, Session, float], Path]


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
