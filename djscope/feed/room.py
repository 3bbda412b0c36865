"""How much a Redis can still take."""

from __future__ import annotations

from typing import NamedTuple

import redis

from djscope.feed.redis_link import Redis


class Room(NamedTuple):
    """Bytes; only of a server that refuses writes when it is full."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        return self.limit - self.used


def room(client: Redis) -> Room | None:
    """None without a limit, where old keys give way to new ones, or where INFO is denied."""
    try:
        memory = client.info("memory")
    except redis.ResponseError:
        return None
    limit = int(memory.get("maxmemory", 0))
    if not limit or memory.get("maxmemory_policy") != "noeviction":
        return None
    return Room(int(memory.get("used_memory", 0)), limit)
