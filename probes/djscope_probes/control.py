"""What viewers want of this process: leases say whether it watches, a small stream wakes it."""

from __future__ import annotations

import json
import time

from djscope_probes.resp import Connection, ConnectionLostError, Reply, ReplyError, expect
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
# Who was silent for so long is taken out of the list of processes.
FORGET_S = 2 * PROCESS_STALE_S
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
        seconds, micros = expect(list, self._connection.call("TIME"))
        self._offset = int(seconds) + int(micros) / 1e6 - time.monotonic()

    def refresh(self) -> list[Lease]:
        """Announce the process; take the stream's last id *before* the slots, so no wake is lost.

        Five commands, so that an idle process stays under twelve a minute: what keeps both keys
        there, and small, is all done the first time and then in turn.
        """
        keys = self._keys
        self._refreshes += 1
        process, app = self._announcement()
        # Who was killed takes nothing back: the others do it for him.
        forget = ("ZREMRANGEBYSCORE", keys.procs, "-inf", f"({self.now() - FORGET_S:.3f}")
        renew = ("EXPIRE", keys.procs, FORGET_S)
        stay = ("EXPIRE", keys.apps, APPS_STALE_S)
        turns = (app, renew, app, stay, app, renew, app, forget)
        due = dict.fromkeys(turns) if self._refreshes == 1 else turns[self._refreshes % 8 :][:1]
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
        return self._leases(slots)

    def _announcement(self) -> tuple[Command, Command]:
        """The process, and its app, as of now."""
        at = f"{self.now():.3f}"
        return ("ZADD", self._keys.procs, at, self._member), ("ZADD", Keys.apps, at, self._app)

    def crowd(self) -> int:
        """How many processes share the app, more or less: some may have been killed just now."""
        fresh = f"{self.now() - PROCESS_STALE_S:.3f}"
        return int(expect(int, self._connection.call("ZCOUNT", self._keys.procs, fresh, "+inf")))

    def leases(self) -> list[Lease]:
        """Who watches, as of now."""
        return self._leases(self._connection.call("MGET", *self._keys.leases))

    def _leases(self, slots: Reply) -> list[Lease]:
        """As many slots as we asked for; what replies anything else at once would keep us busy."""
        if not isinstance(slots, ReplyError) and len(expect(list, slots)) != len(self._keys.leases):
            raise ConnectionLostError("not what a Redis replies to MGET")
        return leases_in(slots)

    def wait(self, milliseconds: int) -> list[str]:
        """Block until control has something to say, or the time is over."""
        reply = self._connection.call(
            "XREAD", "BLOCK", milliseconds, "STREAMS", self._keys.control, self._last_id,
            wait=milliseconds / 1000,
        )  # fmt: skip
        words: list[str] = []
        try:
            for entry_id, fields in reply[0][1] if reply is not None else ():
                self._last_id = entry_id
                words += (bytes(value).decode("utf-8", "replace") for value in fields[1::2])
        except (TypeError, ValueError, LookupError):
            raise ConnectionLostError("not what a Redis replies to XREAD") from None
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
            if valid(lease):
                found.append(lease)
        except (TypeError, ValueError, RecursionError):  # the last of brackets in brackets
            continue
    return found


def valid(lease: Lease) -> bool:
    """Anybody who may write to Redis can have put anything into it."""
    texts: list[object] = [lease.viewer, lease.who]
    times: list[object] = []
    for kind, name, until in lease.targets:
        texts += kind, name
        times.append(until)
    known = all(isinstance(text, str) for text in texts)
    known = known and all(isinstance(time, int | float) for time in times)
    return known and lease.level in ("watch", "deep") and lease.wire == WIRE_VERSION
