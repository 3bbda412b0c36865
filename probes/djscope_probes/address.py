"""Redis URLs: `redis://`, `rediss://` (TLS), `unix://`, `redis+sentinel://`, with their options.

Option names are redis-py's and Celery's, so that a URL from Django's settings can be used as it is.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

DEFAULT_PORT = 6379
SENTINEL_PORT = 26379

Node = tuple[str, int]

TCP = ("redis", "rediss")
UNIX = ("unix", "redis+unix", "redis+socket")  # the last is Celery's
SENTINEL = ("redis+sentinel", "rediss+sentinel")
SSL_OPTIONS = (
    "ssl_cert_reqs",
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_check_hostname",
)
OPTIONS = ("db", "virtual_host", "username", "password", *SSL_OPTIONS)
# They tune redis-py's own clients and pools; ours has its own waits.
TUNING = (
    "client_name", "decode_responses", "encoding", "encoding_errors", "health_check_interval",
    "max_connections", "protocol", "retry_on_error", "retry_on_timeout", "socket_connect_timeout",
    "socket_keepalive", "socket_read_size", "socket_timeout", "timeout",
)  # fmt: skip


_ESCAPE = (
    "a user or password in the Redis URL has to be escaped: %2F for /, %3F for ?, %23 for #,"
    " %40 for @"
)


class AddressError(ValueError):
    """A URL that names no Redis server; the text is a sentence for people."""


class Trust(NamedTuple):
    """What TLS checks of the server, and shows of us; files, empty for the system's or none."""

    verify: bool = True
    hostname: bool = True
    ca: str = ""
    certificate: str = ""
    key: str = ""


class Address(NamedTuple):
    """Where a server is. `path` is set for unix sockets, else `host` and `port`.

    With a `service` the server is the master that one of the `sentinels` names.
    """

    host: str
    port: int
    path: str
    tls: bool
    user: str
    password: str
    database: int
    trust: Trust = Trust()
    service: str = ""
    sentinels: tuple[Node, ...] = ()

    @property
    def label(self) -> str:
        """The address without its secrets."""
        if self.path:
            return f"unix://{self.path}"
        scheme = "rediss" if self.tls else "redis"
        if self.service:
            nodes = ",".join(f"{host}:{port}" for host, port in self.sentinels)
            return f"{scheme}+sentinel://{nodes}/{self.service}/{self.database}"
        return f"{scheme}://{self.host}:{self.port}/{self.database}"

    def at(self, node: Node) -> Address:
        """The same, at one node: what a sentinel or a Cluster sends us to."""
        return self._replace(host=node[0], port=node[1], service="", sentinels=())

    @property
    def local(self) -> bool:
        """On this machine: only its own users hear what is said."""
        if self.service:
            return False  # a sentinel beside us may name a master that is far away
        return bool(self.path) or self.host in ("localhost", "127.0.0.1", "::1")


def parse(url: str) -> Address:
    """The address in `url`; `AddressError` says what is wrong, never quoting a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise AddressError("the Redis URL is malformed") from None
    if "@" in parts.query + parts.fragment or ("@" in parts.path and parts.scheme not in UNIX):
        # It ended the address early; what is left of it is nothing to quote.
        raise AddressError(_ESCAPE)
    if parts.scheme in (*TCP, *UNIX, *SENTINEL) and f"{parts.scheme}://" not in url.lower():
        raise AddressError(f"the Redis URL needs two slashes: {parts.scheme}://…")
    if parts.scheme not in (*TCP, *UNIX, *SENTINEL):
        raise AddressError(
            "the Redis URL has to begin with redis://, rediss:// or unix:// (or redis+sentinel://)"
        )
    query = _query(parts)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    path, place = parts.path, parts.path.strip("/")
    service = ""
    if parts.scheme in UNIX:
        place = ""
    elif parts.scheme in SENTINEL:
        service, _, place = place.partition("/")
    nodes = _nodes(hosts, parts.scheme)
    _check(parts.scheme, path, service, len(nodes))
    return Address(
        host=nodes[0][0],
        port=nodes[0][1],
        path=unquote(path) if parts.scheme in UNIX else "",
        tls=parts.scheme.startswith("rediss"),
        user=unquote(user) or query.get("username", ""),
        password=unquote(password) or query.get("password", ""),
        database=_database(query.get("db") or query.get("virtual_host") or place),
        trust=_trust(query),
        service=unquote(service),
        sentinels=nodes if service else (),
    )


def _check(scheme: str, path: str, service: str, nodes: int) -> None:
    if scheme in TCP and nodes > 1:
        raise AddressError("the Redis URL names several servers; of a Cluster, name any one node")
    if scheme in UNIX and not path:
        raise AddressError("a unix:// URL needs the path of a socket")
    if scheme in SENTINEL and not service:
        raise AddressError("a redis+sentinel:// URL needs a service: HOST:PORT/SERVICE")


def _query(parts: SplitResult) -> dict[str, str]:
    """Options by name, the first of each; those that nobody knows are refused."""
    found = {name: values[0] for name, values in parse_qs(parts.query).items()}
    for name in found:
        if name not in (*OPTIONS, *TUNING):
            known = ", ".join(("db", *SSL_OPTIONS))
            raise AddressError(
                f"an option in the Redis URL is not known: there are {known} (a ? in a password"
                " has to be escaped: %3F)"
            )
        if name in SSL_OPTIONS and not parts.scheme.startswith("rediss"):
            raise AddressError(f"{name} in the Redis URL goes with rediss:// only")
    return found


def _nodes(hosts: str, scheme: str) -> tuple[Node, ...]:
    """One `host:port` or `[::1]:port`, either part left out; of sentinels, several."""
    port = SENTINEL_PORT if scheme in SENTINEL else DEFAULT_PORT
    try:
        found = [urlsplit(f"//{each}") for each in hosts.split(",")]
        return tuple((unquote(each.hostname or "localhost"), each.port or port) for each in found)
    except ValueError:
        raise AddressError("the port in the Redis URL is not a number up to 65535") from None


def _database(text: str) -> int:
    if text and not text.isdigit():
        raise AddressError(
            "the database in the Redis URL has to be a number (a / in a password has to be"
            " escaped: %2F)"
        )
    return int(text or 0)


def _trust(query: dict[str, str]) -> Trust:
    """Celery writes CERT_NONE where redis-py writes none."""
    demand = query.get("ssl_cert_reqs", "required").lower().removeprefix("cert_")
    if demand not in ("none", "optional", "required"):
        raise AddressError("ssl_cert_reqs in the Redis URL has to be none, optional or required")
    return Trust(
        verify=demand != "none",
        hostname=query.get("ssl_check_hostname", "true").lower()
        not in ("0", "f", "false", "n", "no"),
        ca=query.get("ssl_ca_certs", ""),
        certificate=query.get("ssl_certfile", ""),
        key=query.get("ssl_keyfile", ""),
    )
