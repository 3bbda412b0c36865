"""Whether Redis has room for us: one that is nearly full is left to those who live on it."""

from __future__ import annotations

import time

from djscope_probes.resp import Connection, Reply, ReplyError
from djscope_probes.wire import ROOM_BYTES

LOOK_S = 5.0


class Room:
    """Looked at each five seconds; where `INFO` is not to be had, an OOM reply has to do."""

    def __init__(self) -> None:
        self._next_look = 0.0
        self._left = True

    def is_left(self, connection: Connection) -> bool:
        """Whether what we write is in nobody's way."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + LOOK_S
            self._left = self._ask(connection)
        return self._left

    def is_gone(self) -> None:
        """Redis said so: not before the next look."""
        self._next_look = time.monotonic() + LOOK_S
        self._left = False

    def _ask(self, connection: Connection) -> bool:
        try:
            return room_in(connection.call("INFO", "memory")) >= ROOM_BYTES
        except ReplyError:
            self._next_look = time.monotonic() + 12 * LOOK_S
            return True


def room_in(info: Reply) -> float:
    """Bytes until Redis refuses writes; without end where it evicts, or has no limit."""
    lines = bytes(info).decode("utf-8", "replace").splitlines() if isinstance(info, bytes) else []
    said = dict(line.split(":", 1) for line in lines if ":" in line)
    limit = int(said.get("maxmemory", 0))
    if not limit or said.get("maxmemory_policy") != "noeviction":
        return float("inf")
    return limit - int(said.get("used_memory", 0))
