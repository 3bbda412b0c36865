"""A viewer's connection to Redis, and what its errors mean to a person."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from djscope.errors import NothingSeenError, UsageError
from djscope_probes.address import Address, AddressError, parse

CONNECT_S = 2.0
REPLY_S = 2.0

# redis-py types each reply as a union with its asyncio client's awaitable: no help to a reader.
Redis = Any


def address_of(url: str) -> Address:
    """The address in `url`, or a usage error that says what is wrong with it."""
    try:
        return parse(url)
    except AddressError as error:
        raise UsageError(f"{error}; for example redis://localhost:6379/0") from None


def connect(url: str) -> Redis:
    """A client without redis-py's ten silent retries: the feed has its own loop and says so."""
    address_of(url)
    try:
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=REPLY_S,
            retry=Retry(NoBackoff(), 0),
            client_name="djscope-viewer",
        )
    except ValueError as error:
        raise UsageError(f"the Redis URL cannot be used: {error}") from None


# What an error says → what it means; `{at}` is the server, `{text}` the error. First match counts.
_MEANINGS = (
    ("WRONGPASS", "{at} refuses the password: check user and password in the URL"),
    ("invalid username-password", "{at} refuses the password: check user and password in the URL"),
    (
        "HELLO must be called",
        "{at} asks for a password: put it into the URL, redis://:PASSWORD@HOST",
    ),
    ("NOAUTH", "{at} asks for a password: put it into the URL, redis://:PASSWORD@HOST"),
    (
        "Authentication required",
        "{at} asks for a password: put it into the URL, redis://:PASSWORD@HOST",
    ),
    ("without any password", "{at} has no password set: leave it out of the URL"),
    ("NOPERM", "{at} denies a command ({text}): `djscope doctor` names what is needed"),
    ("has no permissions", "{at} denies a command ({text}): `djscope doctor` names what is needed"),
    ("max number of clients", "{at} has no connection left: raise maxclients, or close clients"),
    ("DB index", "{at} has no such database: check the number at the end of the URL"),
    ("Name or service not known", "the host of {at} is unknown: check the name in the URL"),
    ("nodename nor servname", "the host of {at} is unknown: check the name in the URL"),
    ("No address associated", "the host of {at} is unknown: check the name in the URL"),
    ("Protocol error", "{at} is no Redis server: check host and port in the URL"),
)


def explain(error: Exception, address: Address) -> str:
    """One sentence: what happened at `address` and what to do about it."""
    text = str(error)
    for sign, meaning in _MEANINGS:
        if sign in text:
            return meaning.format(at=address.label, text=text)
    if isinstance(error, redis.TimeoutError):
        return f"{address.label} does not answer: is it overloaded, stopped or firewalled?"
    if isinstance(error, redis.ConnectionError):
        return f"{address.label} cannot be reached: is it running, and are host and port right?"
    return f"{address.label}: {text}"


def check(client: Redis, address: Address) -> None:
    """Fail early, with a sentence."""
    try:
        client.ping()
    except redis.RedisError as error:
        raise NothingSeenError(explain(error, address)) from None
