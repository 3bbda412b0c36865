"""A session and the feed that fills it: what `attach`, `now` and `snapshot` have in common."""

from __future__ import annotations

import threading

from djscope.attach.local import has_ended
from djscope.errors import INTERRUPTED, OK
from djscope.feed.live import LiveFeed
from djscope.feed.status import FeedStatus
from djscope.model.session import Session
from djscope.model.thresholds import DEFAULT, Thresholds


class Watch:
    """Watches one app from `start` to `stop`; read `session` with `lock` held."""

    def __init__(
        self, url: str, app: str, label: str = "", thresholds: Thresholds = DEFAULT
    ) -> None:
        self.session = Session(thresholds)
        # Ctrl-C ended it before its time.
        self.interrupted = False
        self.feed = LiveFeed(url, app, self.session, label)

    @property
    def lock(self) -> threading.Lock:
        return self.feed.lock

    @property
    def status(self) -> FeedStatus:
        return self.feed.status

    def now(self) -> float:
        """Redis seconds."""
        return self.feed.now()

    @property
    def exit_code(self) -> int:
        return INTERRUPTED if self.interrupted else OK

    def start(self) -> None:
        self.feed.start()

    def ask(self, verb: str, process: str, rest: str = "") -> str:
        """Put `stacks` or `source` to a process; `session.answers[word]` will be its answer."""
        return self.feed.ask(verb, process, rest)

    def stop(self) -> str:
        """End watching; says what the probes confirmed."""
        return self.feed.stop(self._ended)

    def _ended(self) -> int:
        """How many of those that said they are armed were here, and are no more."""
        with self.lock:
            armed = [each for each in self.session.processes.values() if each.armed]
        return sum(map(has_ended, armed))
