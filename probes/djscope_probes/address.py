"""Redis URLs: `redis://`, `rediss://` (TLS) and `unix://`, with user, password and database."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

DEFAULT_PORT = 6379


class AddressError(ValueError):
    """A URL that names no Redis server; the text is a sentence for people."""


class Address(NamedTuple):
    """Where a server is. `path` is set for unix sockets, else `host` and `port`."""

    host: str
    port: int
    path: str
    tls: bool
    user: str
    password: str
    database: int

    @property
    def label(self) -> str:
        """The address without its secrets."""
        if self.path:
            return f"unix://{self.path}"
        return f"{'rediss' if self.tls else 'redis'}://{self.host}:{self.port}/{self.database}"

    @property
    def local(self) -> bool:
        """On this machine: only its own users hear what is said."""
        return bool(self.path) or self.host in ("localhost", "127.0.0.1", "::1")


def parse(url: str) -> Address:
    """The address in `url`; `AddressError` says what is wrong, never quoting a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise AddressError("the Redis URL is malformed") from None
    if parts.scheme not in ("redis", "rediss", "unix"):
        found = f", not with {parts.scheme}:" if parts.scheme else ""
        raise AddressError(f"the Redis URL has to begin with redis://, rediss:// or unix://{found}")
    try:
        port = parts.port or DEFAULT_PORT
    except ValueError:
        raise AddressError("the port in the Redis URL is not a number up to 65535") from None
    query = parse_qs(parts.query)
    database = query.get("db", [""])[0] or ("" if parts.scheme == "unix" else parts.path.strip("/"))
    if database and not database.isdigit():
        raise AddressError(f"the database in the Redis URL has to be a number, not {database!r}")
    if parts.scheme == "unix" and not parts.path:
        raise AddressError("a unix:// URL needs the path of a socket")
    return Address(
        host=parts.hostname or "localhost",
        port=port,
        path=unquote(parts.path) if parts.scheme == "unix" else "",
        tls=parts.scheme == "rediss",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=int(database or 0),
    )
