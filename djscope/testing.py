"""Findings of the code in a block, in this process, without Redis:

with capture() as found:
    client.get("/books/")
assert not found.findings
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from djscope.feed import decode
from djscope.feed.delivery import Delivery
from djscope.feed.shapes import Process
from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.model.session import Session
from djscope.model.thresholds import Thresholds
from djscope.report import lines
from djscope_probes.recording import Recording, Told
from djscope_probes.wire import dumps

# How a request ends is for the test to say; how long it takes, for the machine.
OF_REQUESTS = frozenset({"request_failing", "slow_request", "slow_middleware", "request_stuck"})
# No query takes that long.
NEVER_MS = 10**9


class Capture:
    """`findings` are known when the block has ended, worst first."""

    def __init__(self, name: str, thresholds: Thresholds) -> None:
        self._recording = Recording(name)
        self.session = Session(thresholds)
        self.findings: list[Finding] = []

    def __enter__(self) -> Self:
        self._recording.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.findings = self._found(self._recording.end())

    def so_far(self) -> list[Finding]:
        """The findings as they stand, from within the block."""
        return self._found(self._recording.told())

    def _found(self, told: Told) -> list[Finding]:
        now = time.time()
        take_over(self.session, told, now)
        return [each for each in find(self.session, now) if each.kind not in OF_REQUESTS]

    @property
    def queries(self) -> int:
        """How many queries the block made, with those of requests, tasks and inner blocks."""
        return sum(stat.n for stat in self.session.queries.stats.values())

    def report(self) -> str:
        """The findings as `djscope now` prints them."""
        return "\n".join(lines(self.findings))


def capture(name: str = "capture", **thresholds: int) -> Capture:
    """Record what the code in a `with` block does; see `Capture`.

    `capture(n_plus_one=2)`: from how many on a repetition is a finding, see `Thresholds`. A busy
    machine makes any query slow: that is told if one asks for it, as by `capture(slow_query=200)`.
    """
    return Capture(name, Thresholds(**{"slow_query": NEVER_MS, **thresholds}))


def take_over(session: Session, told: Told, now: float) -> None:
    """What a recording told, as if it had come by the channel."""
    if told.process.id not in session.processes:
        process = decode.process(dumps(told.process).encode())
        assert isinstance(process, Process)
        session.announce([(process, now)], now)
    for key, text in told.definitions.items():
        if key in session.definitions.known:
            continue
        value = decode.definition(key, text.encode())
        if value is not None:
            session.define(key, value)
    events = [known for text in told.events if (known := decode.event(text.encode())) is not None]
    session.apply(Delivery(told.process.id, now, 0.0, 1, 0, events))
