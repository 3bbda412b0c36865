"""What viewers want of this process: leases say whether it watches, a small stream wakes it."""

from __future__ import annotations

import json
import time

from djscope_probes.resp import Connection, Reply
from djscope_probes.wire import (
    APPS_STALE_S,
    PROCESS_STALE_S,
    WIRE_VERSION,
    Keys,
    Lease,
    Process,
    Target,
    dumps,
)

BLOCK_MS = 30_000
# Redis's clock and ours have come apart: one was set, or the machine slept.
CLOCK_JUMP_S = 2.0


Command = tuple[object, ...]


class Control:
    """Reads control, announces the process. One per connection."""

    def __init__(self, connection: Connection, keys: Keys, process: Process) -> None:
        self._connection = connection
        self._keys = keys
        self._member = dumps(process)
        self._app = process.app
        self._last_id = b"0-0"
        self._refreshes = 0
        self._offset = 0.0

    def now(self) -> float:
        """Redis time in seconds, the one clock that all hosts share; ours may jump meanwhile."""
        return time.monotonic() + self._offset

    def synchronise(self) -> None:
        """Ask Redis what time it is."""
        seconds, micros = self._connection.call("TIME")
        self._offset = int(seconds) + int(micros) / 1e6 - time.monotonic()

    def refresh(self) -> list[Lease]:
        """Announce the process; take the stream's last id *before* the slots, so no wake is lost.

        Five commands, so that an idle process stays under twelve a minute; what is not needed each
        time is done the first time and then in turn.
        """
        keys = self._keys
        self._refreshes += 1
        process, app = self._announcement()
        turns = (
            app, ("EXPIRE", keys.procs, 2 * PROCESS_STALE_S),
            app, ("EXPIRE", keys.apps, APPS_STALE_S),
        )  # fmt: skip
        due = turns[1:] if self._refreshes == 1 else turns[self._refreshes % 4 :][:1]
        last, slots, clock, *_ = self._connection.pipeline(
            ("XREVRANGE", keys.control, "+", "-", "COUNT", 1),
            ("MGET", *keys.leases),
            ("TIME",),
            process,
            *due,
        )
        if isinstance(last, list):
            self._last_id = last[0][0] if last else b"0-0"
        if isinstance(clock, list) and abs(int(clock[0]) - self.now()) > CLOCK_JUMP_S:
            self.synchronise()
            self._connection.pipeline(*self._announcement())
        return leases_in(slots)

    def _announcement(self) -> tuple[Command, Command]:
        """The process, and its app, as of now."""
        at = f"{self.now():.3f}"
        return ("ZADD", self._keys.procs, at, self._member), ("ZADD", Keys.apps, at, self._app)

    def crowd(self) -> int:
        """How many processes share the app, more or less: the stale are among them."""
        return int(self._connection.call("ZCARD", self._keys.procs))

    def leases(self) -> list[Lease]:
        """Who watches, as of now."""
        return leases_in(self._connection.call("MGET", *self._keys.leases))

    def wait(self, milliseconds: int) -> list[str]:
        """Block until control has something to say, or the time is over."""
        reply = self._connection.call(
            "XREAD", "BLOCK", milliseconds, "STREAMS", self._keys.control, self._last_id,
            wait=milliseconds / 1000,
        )  # fmt: skip
        words: list[str] = []
        for entry_id, fields in reply[0][1] if reply else ():
            self._last_id = entry_id
            words += (bytes(value).decode("utf-8", "replace") for value in fields[1::2])
        return words

    def leave(self) -> None:
        """Take the announcement back: this process ends."""
        self._connection.call("ZREM", self._keys.procs, self._member)


def leases_in(slots: Reply) -> list[Lease]:
    """The valid leases among slot values; what is not one does not count."""
    found = []
    for value in slots if isinstance(slots, list) else ():
        try:
            fields = json.loads(value)
            if not isinstance(fields, list):
                continue
            lease = Lease(*fields[: len(Lease._fields)])
            lease = lease._replace(targets=[Target(*each[:3]) for each in lease.targets])
            if lease.level in ("watch", "deep") and lease.wire == WIRE_VERSION:
                found.append(lease)
        except (TypeError, ValueError):
            continue
    return found
