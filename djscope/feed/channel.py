"""One app's channel: reads frames, definitions, processes. Every method is one round trip."""

from __future__ import annotations

from collections.abc import Iterable

import redis

from djscope.feed import decode
from djscope.feed.decode import Unreadable
from djscope.feed.delivery import Delivery
from djscope.feed.redis_link import Redis
from djscope.feed.sensible import sensible
from djscope.feed.shapes import Definition, Process
from djscope_probes.wire import PROCESS_STALE_S, Keys

COUNT = 200
# Where a stream is read from when nothing of it was read yet.
BEGINNING = b"0-0"


class Channel:
    """Reads from where it stands; `last_id` survives a reconnection, so that nothing is missed."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self.client = client
        self.keys = keys
        self.last_id = BEGINNING
        self.bad = Unreadable()
        self.bytes = 0

    @sensible()
    def now(self) -> float:
        """Redis time in seconds."""
        seconds, micros = self.client.time()
        return float(seconds) + float(micros) / 1e6

    def seek(self, since: float) -> None:
        """Read on from this Redis time, with all of its millisecond."""
        self.last_id = b"%d-0" % max(int(since * 1000) - 1, 0)

    @sensible()
    def behind(self) -> bool:
        """The stream's last id is older than ours: another server, or an emptied one."""
        entries = self.client.xrevrange(self.keys.events, count=1)
        newest = entries[0][0] if entries else None
        return newest is not None and as_pair(newest) < as_pair(self.last_id)

    @sensible()
    def read(self, block_ms: int) -> list[Delivery]:
        """Frames since the last read; waits up to `block_ms` for the first."""
        reply = self.client.xread({self.keys.events: self.last_id}, count=COUNT, block=block_ms)
        found = []
        for entry_id, fields in reply[0][1] if reply else ():
            self.last_id = entry_id
            body = fields.get(b"f", b"")
            self.bytes += len(body)
            delivery = decode.delivery(entry_id, body, self.bad)
            if delivery is not None:
                found.append(delivery)
        return found

    @sensible()
    def definitions(self, keys: Iterable[str]) -> dict[str, Definition | None]:
        """Values of definitions; None for those that are not there (yet)."""
        wanted = list(keys)
        if not wanted:
            return {}
        values = self.client.hmget(self.keys.defs, wanted)
        return {
            key: decode.definition(key, value) if value is not None else None
            for key, value in zip(wanted, values, strict=True)
        }

    @sensible()
    def processes(self, now: float) -> list[tuple[Process, float]]:
        """Processes that announced themselves lately, with when they last did."""
        members = self.client.zrangebyscore(
            self.keys.procs, now - PROCESS_STALE_S, "+inf", withscores=True
        )
        shapes = [(decode.process(member), float(score)) for member, score in members]
        return [(shape, score) for shape, score in shapes if shape is not None]

    def held_bytes(self) -> int | None:
        """What the stream holds, as the probes count it; None where we may not ask."""
        try:
            sizes = self.client.hgetall(self.keys.bytes).values()
            return sum(int(size) for size in sizes)
        except (redis.exceptions.ResponseError, ValueError, AttributeError, TypeError):
            return None

    @sensible()
    def apps(self, now: float) -> list[str]:
        """Apps that have had processes lately."""
        members = self.client.zrangebyscore(Keys.apps, now - PROCESS_STALE_S, "+inf")
        return sorted(member.decode("utf-8", "replace") for member in members)


def as_pair(entry_id: bytes) -> tuple[int, int]:
    """A stream id in its order."""
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)
