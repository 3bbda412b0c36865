"""What a probe and a viewer may have to be allowed on Redis, and how to see what is denied."""

from __future__ import annotations

import redis

from djscope.feed.redis_link import Redis

# Nothing is ever there: each command below is one that the server accepts or finds wrong, after it
# has looked whether we may, and that changes nothing.
_KEY = "{djscope}:doctor:nothing"

# The right as ACL SETUSER takes it → a harmless use of it.
Rights = dict[str, tuple[str | int, ...]]
_BOTH: Rights = {
    "cluster|slots": ("CLUSTER", "SLOTS"),
    "expire": ("EXPIRE", _KEY, 1),
    "info": ("INFO", "memory"),
    "mget": ("MGET", _KEY),
    "select": ("SELECT",),
    "time": ("TIME",),
    "xadd": ("XADD", _KEY, "NOMKSTREAM", "*", "f", "x"),
    "xread": ("XREAD", "COUNT", 1, "STREAMS", _KEY, "0-0"),
    "xrevrange": ("XREVRANGE", _KEY, "+", "-", "COUNT", 1),
}
PROBE: Rights = _BOTH | {
    "hdel": ("HDEL", _KEY, "f"),
    "hexists": ("HEXISTS", _KEY, "f"),
    "hgetall": ("HGETALL", _KEY),
    "hincrby": ("HINCRBY", _KEY, "f", "no number"),
    "hlen": ("HLEN", _KEY),
    "hset": ("HSET", _KEY, "f", "x", "f without a value"),
    "xtrim": ("XTRIM", _KEY, "MAXLEN", 0),
    "zadd": ("ZADD", _KEY, "no number", "m"),
    "zcount": ("ZCOUNT", _KEY, 0, 0),
    "zrem": ("ZREM", _KEY, "m"),
    "zremrangebyscore": ("ZREMRANGEBYSCORE", _KEY, 0, 0),
}
VIEWER: Rights = _BOTH | {
    "client|setname": ("CLIENT", "SETNAME", "djscope-viewer"),
    "del": ("DEL", _KEY),
    "get": ("GET", _KEY),
    "hmget": ("HMGET", _KEY, "f"),
    "pexpire": ("PEXPIRE", _KEY, 1),
    "ping": ("PING",),
    "set": ("SET", _KEY, "x", "XX", "GET"),
    "zrangebyscore": ("ZRANGEBYSCORE", _KEY, 0, 0),
}
# Done without where the server does not have it.
OPTIONAL = {"client|setname", "cluster|slots", "info"}
ROLES = {"probe": PROBE, "viewer": VIEWER}


def acl_line(role: str) -> str:
    """The command that makes a user with the rights of a role and no other."""
    rights = " ".join(f"+{right}" for right in sorted(ROLES[role]))
    return f"ACL SETUSER djscope-{role} reset on >PASSWORD ~{{djscope}}:* {rights}"


def denied(client: Redis, rights: Rights) -> list[str]:
    """Which of these rights the user of this connection lacks."""
    refused = redis.exceptions.NoPermissionError
    return [
        right
        for right, use in sorted(rights.items())
        if isinstance(_refusal(client, right, use), refused)
    ]


def unknown(client: Redis, rights: Rights) -> list[str]:
    """Which of these commands the server itself does not have, as after a `rename-command`."""
    return [
        right
        for right, use in sorted(rights.items())
        if right not in OPTIONAL and "unknown command" in str(_refusal(client, right, use))
    ]


def _refusal(client: Redis, right: str, use: tuple[str | int, ...]) -> redis.ResponseError | None:
    """What the server says against it; mostly that this makes no sense, so that one may."""
    if right == "select":
        use = (*use, client.connection_pool.connection_kwargs["db"])
    try:
        client.execute_command(*use)
    except redis.ResponseError as error:
        return error
    return None
