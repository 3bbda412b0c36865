"""From events to the channel: frames, definitions first, the stream trimmed by bytes and time."""

from __future__ import annotations

import json

from djscope_probes.bounds import Bounds
from djscope_probes.clock import unix
from djscope_probes.definitions import Definitions
from djscope_probes.ledger import Ledger
from djscope_probes.resp import Connection, ReplyError
from djscope_probes.room import Room
from djscope_probes.wire import DEFS_CAP, FRAME_BYTES, WITHHELD, Keys, frame_json

TTL_S = 300
HEAD_BYTES = 200
DEFINITIONS_AT_ONCE = 200
UNSENT_CAP = 2_000
REPORT = '["probe",'


class Passing(str):
    """An event that later ones make up for: a loss of it is none."""

    __slots__ = ()


class Outbox:
    """One per arm. What it publishes does not count as dropped any more in the ledger.

    Where the link is lost, what Redis had taken before it could say so counts all the same.
    """

    def __init__(self, keys: Keys, process: str, defs: Definitions, ledger: Ledger) -> None:
        self._keys = keys
        self._process = process
        self._defs = defs
        self._seq = 0
        self._bounds = Bounds()
        self._room = Room()
        self._ledger = ledger

    def send(self, connection: Connection, events: list[str], redis_now: float) -> None:
        """Publish `events`, which count as dropped so far; raises OSError when Redis is gone."""
        if not self._room.is_left(connection) or not self._send_definitions(connection):
            events = self._least(events)
        batches = packed(events)
        pending = sum(map(lasting, batches))
        for batch in batches:
            n = lasting(batch)
            dropped = self._ledger.dropped - pending
            body = frame_json(self._process, self._seq + 1, dropped, unix(), batch)
            self._publish(connection, body, n, redis_now)
            pending -= n

    def _least(self, events: list[str]) -> list[str]:
        """What is told even where there is hardly room: how the probe fares, a few hundred bytes a
        second, and with it how much was dropped.
        """
        if len(self._defs.unsent) > UNSENT_CAP:
            self._defs.unsent.clear()  # they are defined anew when next used
        return [event for event in events if event.startswith(REPORT)][:1]

    def _publish(self, connection: Connection, body: bytes, n: int, redis_now: float) -> None:
        keys, second = self._keys, int(redis_now)
        added, _, sizes, *_ = connection.pipeline(
            ("XADD", keys.events, "MINID", "~", self._bounds.cut, "*", "f", body),
            ("HINCRBY", keys.bytes, second, len(body) + HEAD_BYTES),
            ("HGETALL", keys.bytes),
            ("EXPIRE", keys.events, TTL_S),
            ("EXPIRE", keys.bytes, TTL_S),
        )
        if isinstance(added, ReplyError):
            self._give_way(connection)
            return
        self._seq += 1
        self._ledger.dropped -= n
        self._bounds.wrote(second, added)
        old = self._bounds.move(sizes, second)
        if old:
            connection.pipeline(("HDEL", keys.bytes, *old))

    def _give_way(self, connection: Connection) -> None:
        """Redis is full: what we hold there is of more use to those who live on it."""
        self._room.is_gone()
        connection.pipeline(("XTRIM", self._keys.events, "MAXLEN", 0))

    def _send_definitions(self, connection: Connection) -> bool:
        """False when Redis takes no more; they stay unsent."""
        defs, key = self._defs, self._keys.defs
        alive = connection.pipeline(("EXPIRE", key, TTL_S))[0]
        if alive == 0:
            defs.lost()
        while batch := list(defs.unsent.items())[:DEFINITIONS_AT_ONCE]:
            *present, size = connection.pipeline(
                *(("HEXISTS", key, name) for name, _ in batch), ("HLEN", key)
            )
            full = isinstance(size, int) and size >= DEFS_CAP
            missing = [
                field
                for (name, text), there in zip(batch, present, strict=True)
                if there != 1
                for field in (name, json.dumps(WITHHELD) if full else text)
            ]
            if missing:
                stored, _ = connection.pipeline(("HSET", key, *missing), ("EXPIRE", key, TTL_S))
                if isinstance(stored, ReplyError):
                    self._give_way(connection)
                    return False
            defs.confirmed([name for name, _ in batch])
        return True


def packed(events: list[str]) -> list[list[str]]:
    """Events in batches that fit a frame each, in order; one that fits none is left out."""
    batches: list[list[str]] = []
    room = 0
    for event in events:
        size = len(event) + 1
        if size > FRAME_BYTES - HEAD_BYTES:
            continue
        if size > room:
            batches.append([])
            room = FRAME_BYTES - HEAD_BYTES
        batches[-1].append(event)
        room -= size
    return batches


def lasting(events: list[str]) -> int:
    """How many of them nothing makes up for."""
    return sum(not isinstance(event, Passing) for event in events)
