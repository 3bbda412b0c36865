"""From events to the channel: frames, definitions first, the stream trimmed by bytes and time."""

from __future__ import annotations

import json

from djscope_probes.clock import unix
from djscope_probes.definitions import Definitions
from djscope_probes.resp import Connection, Reply, ReplyError
from djscope_probes.room import Room
from djscope_probes.wire import DEFS_CAP, FRAME_BYTES, WITHHELD, Keys, frame_json

# The channel's bounds, for the whole app; Redis needs about 1.3 times the payload.
CHANNEL_BYTES = 8_000_000
CHANNEL_SECONDS = 120
OVERHEAD = 1.3
TTL_S = 300
HEAD_BYTES = 200
DEFINITIONS_AT_ONCE = 200
UNSENT_CAP = 2_000
REPORT = '["probe",'


class Outbox:
    """One per arm; `dropped` counts events that nobody will see, a lost link included."""

    def __init__(self, keys: Keys, process: str, defs: Definitions, dropped: int = 0) -> None:
        self._keys = keys
        self._process = process
        self._defs = defs
        self._seq = 0
        self._cut_ms = 0
        self._room = Room()
        self.dropped = dropped

    def send(self, connection: Connection, events: list[str], redis_now: float) -> None:
        """Publish `events`; raises OSError when Redis is gone. What is not published is dropped,
        and counted.
        """
        pending = len(events)
        try:
            if not self._room.is_left(connection) or not self._send_definitions(connection):
                events = self._least(events)
                self.dropped, pending = self.dropped + pending - len(events), len(events)
            for batch in packed(events):
                self._seq += 1
                body = frame_json(self._process, self._seq, self.dropped, unix(), batch)
                self._publish(connection, body, len(batch), redis_now)
                pending -= len(batch)
        finally:
            self.dropped += pending

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
            ("XADD", keys.events, "MINID", "~", self._cut_ms, "*", "f", body),
            ("HINCRBY", keys.bytes, second, len(body) + HEAD_BYTES),
            ("HGETALL", keys.bytes),
            ("EXPIRE", keys.events, TTL_S),
            ("EXPIRE", keys.bytes, TTL_S),
        )
        if isinstance(added, ReplyError):
            self.dropped += n
            self._give_way(connection)
            return
        old = self._trim(sizes, second)
        if old:
            connection.pipeline(("HDEL", keys.bytes, *old))

    def _give_way(self, connection: Connection) -> None:
        """Redis is full: what we hold there is of more use to those who live on it."""
        self._room.is_gone()
        connection.pipeline(("XTRIM", self._keys.events, "MAXLEN", 0))

    def _trim(self, sizes: Reply, second: int) -> list[int]:
        """Move the cut to where the newest seconds fill the bounds; returns seconds to forget."""
        if not isinstance(sizes, list):
            return []
        per_second = {int(sizes[i]): int(sizes[i + 1]) for i in range(0, len(sizes), 2)}
        cut, total = second - CHANNEL_SECONDS, 0.0
        for when in sorted(per_second, reverse=True):
            total += per_second[when] * OVERHEAD
            if total > CHANNEL_BYTES:
                cut = max(cut, when + 1)
                break
        self._cut_ms = cut * 1000
        return [when for when in per_second if when < cut - 2]

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
