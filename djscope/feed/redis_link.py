"""A viewer's connection to Redis, and what its errors mean to a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import AskError, TryAgainError
from redis.retry import Retry

from djscope.errors import NothingSeenError, UsageError
from djscope.feed.route import HUNG_UP, HUNG_UP_IN_TLS, NO_TLS, Connection, Route, TlsConnection
from djscope_probes.address import Address, AddressError, parse

CONNECT_S = 2.0
REPLY_S = 2.0

# redis-py types each reply as a union with its asyncio client's awaitable: no help to a reader.
Redis = Any


def address_of(url: str) -> Address:
    """The address in `url`, or a usage error that says what is wrong with it."""
    try:
        address = parse(url)
    except AddressError as error:
        raise UsageError(f"{error}; for example redis://localhost:6379/0") from None
    trust = address.trust
    for name in (trust.ca, trust.certificate, trust.key):
        if name and not Path(name).is_file():
            raise UsageError(f"the file {name} in the Redis URL is not there: check the path")
    return address


def connect(url: str) -> Redis:
    """A client without redis-py's ten silent retries: the feed has its own loop and says so."""
    address = address_of(url)
    options: dict[str, Any] = {
        "username": address.user or None,
        "password": address.password or None,
        "db": address.database,
        "protocol": 2,
        "socket_connect_timeout": CONNECT_S,
        "socket_timeout": REPLY_S,
        "retry": Retry(NoBackoff(), 0),
    }
    security = tls_options(address) if address.tls else {}
    route = Route(address, {**options, **security, "ssl": address.tls})
    options["redis_connect_func"] = route.arrived
    if address.path:
        options |= {"connection_class": redis.UnixDomainSocketConnection, "path": address.path}
    else:
        kind = TlsConnection if address.tls else Connection
        options |= {"connection_class": kind, "route": route, **security}
    return redis.Redis.from_pool(redis.ConnectionPool(**options))


def tls_options(address: Address) -> dict[str, Any]:
    """What redis-py calls it."""
    trust = address.trust
    return {
        "ssl_cert_reqs": "required" if trust.verify else "none",
        "ssl_check_hostname": trust.verify and trust.hostname,
        "ssl_ca_certs": trust.ca or None,
        "ssl_certfile": trust.certificate or None,
        "ssl_keyfile": trust.key or None,
    }


# What an error says → what it means; `{at}` is the server, `{text}` the error. First match counts.
_REFUSED = "{at} refuses the password: check user and password in the URL"
_ASKED = "{at} asks for a password: put it into the URL, redis://:PASSWORD@HOST"
_DENIED = "{at} denies a command ({text}): `djscope doctor --acl` names what is needed"
_NAME = "the host of {at} is unknown: check the name in the URL"
_TRUST = "name its authority with ?ssl_ca_certs=FILE in the URL"
_OTHER_NAME = (
    "{at} shows a certificate for another name: put that name into the URL, or, where you know"
    " better, ?ssl_check_hostname=false"
)
_PLAIN = (
    "{at} does not answer in TLS: is it overloaded or stopped? If it speaks no TLS, the URL begins"
    " with redis://"
)
_TLS = (
    "{at} hangs up at once: is there a Redis behind it? If it speaks TLS, the URL begins with"
    " rediss://"
)
_MINE = "name one with ?ssl_certfile=FILE&ssl_keyfile=FILE in the URL"
_RENAMED = (
    "{at} does not know a command that djscope needs ({text}): take its rename-command out of the"
    " server's configuration, or use another server"
)
_NO_REDIS = "{at} is no Redis server: check host and port in the URL"
_MASTER = "name its master, or let a redis+sentinel:// URL find it"
_MEANINGS = (
    ("WRONGPASS", _REFUSED),
    ("invalid username-password", _REFUSED),
    ("NOAUTH", _ASKED),
    ("Authentication required", _ASKED),
    ("NOPERM", _DENIED),
    ("has no permissions", _DENIED),
    ("command not allowed when used memory", "{at} is full and takes no writes: give it room"),
    ("Hostname mismatch", _OTHER_NAME),
    ("IP address mismatch", _OTHER_NAME),
    ("certificate has expired", "{at} shows a certificate that has expired: renew it"),
    ("CERTIFICATE_REQUIRED", "{at} asks for a certificate: " + _MINE),
    (NO_TLS, _PLAIN),
    ("WRONG_VERSION_NUMBER", _PLAIN),
    ("RECORD_LAYER_FAILURE", _PLAIN),
    (HUNG_UP_IN_TLS, "{at} hangs up after the handshake: if it asks for a certificate, " + _MINE),
    (HUNG_UP, _TLS),
    ("unknown command", _RENAMED),
    ("NOREPLICAS", "{at} takes no writes while it has too few replicas: look after those"),
    ("MISCONF", "{at} takes no writes since it cannot save to disk: its log says why"),
    ("CERTIFICATE_VERIFY_FAILED", "{at} shows a certificate that is not trusted: " + _TRUST),
    ("SELECT is not allowed", "{at} is a Cluster and has no databases: no number in the URL"),
    ("no sentinel answers", "no sentinel of {at} can be reached: check their hosts and ports"),
    ("no master is called", "the sentinels of {at} know no such service: check its name"),
    ("read only replica", "{at} is a replica, which takes no writes: " + _MASTER),
    ("instance state changed", "{at} is no longer the master: looking for the new one"),
    ("in circles", "the nodes of the Cluster at {at} do not agree who has djscope's keys: wait"),
    ("cluster is down", "the Cluster at {at} is down, or changes over: check its nodes"),
    ("slot not served", "the Cluster at {at} has lost the node with djscope's keys: mend it"),
    ("loading the dataset", "{at} is starting and loads its data: it will be there soon"),
    ("max number of clients", "{at} has no connection left: raise maxclients, or close clients"),
    ("DB index", "{at} has no such database: check the number at the end of the URL"),
    ("Name or service not known", _NAME),
    ("nodename nor servname", _NAME),
    ("No address associated", _NAME),
    ("nesting depth", _NO_REDIS),
    ("Protocol error", _NO_REDIS),
)


def explain(error: Exception, address: Address) -> str:
    """One sentence: what happened at `address` and what to do about it."""
    text = str(error).partition(", with args beginning")[0]
    if isinstance(error, AskError | TryAgainError):  # MOVED is an AskError too
        return f"the Cluster at {address.label} moves djscope's keys to another node: following"
    for sign, meaning in _MEANINGS:
        if sign.lower() in text.lower():
            return meaning.format(at=address.label, text=text)
    if isinstance(error, redis.TimeoutError):
        return f"{address.label} does not answer: is it overloaded, stopped or firewalled?"
    if isinstance(error, redis.ConnectionError):
        return f"{address.label} cannot be reached: is it running, and are host and port right?"
    return f"{address.label}: {text}"


def check(client: Redis, address: Address) -> None:
    """Fail early, with a sentence. Who may not PING has got in."""
    try:
        if not client.ping():
            raise redis.InvalidResponse("Protocol error: another reply than PONG to PING")
    except redis.exceptions.NoPermissionError:
        return
    except redis.RedisError as error:
        raise NothingSeenError(explain(error, address)) from None
