"""From the first lease to the last: armed, flushing, answering, and saying so in the host's log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from djscope_probes import announcing
from djscope_probes.arming import Armament
from djscope_probes.control import BLOCK_MS, Control
from djscope_probes.outbox import Outbox
from djscope_probes.questions import answers
from djscope_probes.resp import Connection
from djscope_probes.settings import Rules
from djscope_probes.wire import Lease

FLUSH_MS = 200
SLOWEST_FLUSH_MS = 1_000
# Processes of one app share what Redis and viewers can take.
FLUSH_MS_PER_PROCESS = 8


class Watching:
    """One per arm and connection."""

    def __init__(
        self, connection: Connection, control: Control, armament: Armament, outbox: Outbox,
        rules: Rules, process: str, sent_before: int, log: announcing.HostLog,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._control = control
        self._armament = armament
        self._outbox = outbox
        self._rules = rules
        self._process = process
        self._sent_before = sent_before
        self._log = log
        self._flush_ms = FLUSH_MS
        # Those who watched last.
        self.viewers: set[str] = set()

    def run(
        self, leases: list[Lease], ending: Callable[[], bool], again: Callable[[], Connection]
    ) -> list[Lease]:
        """Serve `leases` until there are none, `ending`, or the governor has had enough.

        `again` connects anew: who ends us interrupts a wait, and the connection with it.
        """
        armament, control = self._armament, self._control
        who = announcing.watched_by(leases)
        self.viewers = {lease.viewer for lease in leases}
        self._pace()
        self._log.say(f"watched by {who}")
        announced = time.monotonic()
        replies: list[str] = []
        try:
            while leases and not ending() and not armament.governor.off:
                armament.deepen(self._targets(leases), self._process)
                self._flush(replies)
                replies = self._answers(control.wait(self._flush_ms))
                if time.monotonic() - announced > BLOCK_MS / 1000:
                    announced = time.monotonic()
                    leases = control.refresh()
                    self._pace()
                else:
                    leases = control.leases()
                who = self._note(leases, who)
            self._last(replies, ending)
        except OSError:
            if not ending():
                raise
            self._connection = again()
            self._last(replies, ending)
            leases = []
        finally:
            armament.disarm()
            self._log.say(armament.governor.why or "no longer watched")
        # Off, and says so: whoever quits wants to read it.
        self._outbox.send(self._connection, [armament.report(self._sent)], control.now())
        return leases

    @property
    def _sent(self) -> int:
        return self._sent_before + self._connection.sent

    def _flush(self, replies: list[str]) -> None:
        self._armament.ledger.dropped += len(replies)
        events = [*self._armament.collect(self._sent), *replies]
        if events:
            self._outbox.send(self._connection, events, self._control.now())

    def _last(self, replies: list[str], ending: Callable[[], bool]) -> None:
        if ending():
            self._armament.settle()
        self._flush(replies)

    def _answers(self, words: list[str]) -> list[str]:
        source = "source" in self._rules.allow
        return answers(words, self._process, self._armament, source=source)

    def _pace(self) -> None:
        crowd = self._control.crowd() * FLUSH_MS_PER_PROCESS
        self._flush_ms = min(max(crowd, FLUSH_MS), SLOWEST_FLUSH_MS)

    def _targets(self, leases: list[Lease]) -> Iterator[tuple[str, str]]:
        """What is to be seen deeply, where the host allows that, until its time is over."""
        if self._rules.max_level != "deep":
            return
        now = self._control.now()
        for lease in leases:
            for target in lease.targets:
                if target.until > now:
                    yield target.kind, target.name

    def _note(self, leases: list[Lease], before: str) -> str:
        """Say it when others watch than before."""
        self.viewers = {lease.viewer for lease in leases} or self.viewers
        who = announcing.watched_by(leases)
        if who and who != before:
            self._log.say(f"watched by {who}")
        return who or before
