"""A viewer's connections go where our keys are written: redis-py's, told at each connect where.

The same as the probes' `route`: a sentinel's master, or the node of a Cluster that a MOVED names.
One node holds all our keys, so a plain client will do, and `Redis` means one server everywhere.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import Any

import redis
from redis.exceptions import MovedError, ReadOnlyError

from djscope.feed.sensible import sensible
from djscope_probes.address import Address, Node
from djscope_probes.wire import APPS_STALE_S, Keys

REDIRECTS = 5
# What errors say where the other end may be one for TLS, or for none; `redis_link` explains it.
HUNG_UP = "hung up at once"
HUNG_UP_IN_TLS = "hung up after the handshake"
NO_TLS = "no answer in TLS"


class Route:
    """The way to one address, shared by the connections of a client."""

    def __init__(self, address: Address, options: dict[str, Any]) -> None:
        self._address = address
        self._options = options
        self._nodes: list[Node] = [(address.host, address.port)]

    def node(self) -> Node:
        """Where to connect now."""
        return self._master() if self._address.service else self._nodes[0]

    def moved(self, node: Node) -> None:
        """A Cluster says that our keys are there."""
        self._nodes = [node, *(each for each in self._nodes if each != node)]

    def failed(self) -> None:
        """Not there any more: next time, another node."""
        self._nodes.append(self._nodes.pop(0))

    def arrived(self, connection: Any) -> None:
        """Log in, write, and learn which other nodes a Cluster has: redis-py calls this once
        connected.
        """
        try:
            self._enter(connection)
        except redis.ConnectionError as error:
            signs = ("closed by server", "reset by peer", "Broken pipe", "EOF occurred")
            if not any(sign in str(error) for sign in signs):
                raise
            said = HUNG_UP_IN_TLS if self._address.tls else HUNG_UP
            raise redis.ConnectionError(said) from None

    @sensible()
    def _enter(self, connection: Any) -> None:
        try:
            connection.on_connect()
        except redis.AuthenticationError as error:
            if "without any password" not in str(error):
                raise
            connection.username = connection.password = None  # as the probes: a password too many
            connection.on_connect()
        with suppress(redis.ResponseError):  # for who looks at CLIENT LIST
            connection.send_command("CLIENT", "SETNAME", "djscope-viewer")
            connection.read_response()
        connection.send_command("EXPIRE", Keys.apps, APPS_STALE_S)
        if not isinstance(connection.read_response(), int):
            raise redis.InvalidResponse("Protocol error: no number in reply to EXPIRE")
        if self._address.path or self._address.service:
            return
        with suppress(redis.ResponseError):
            connection.send_command("CLUSTER", "SLOTS")
            for each in connection.read_response():
                for host, port, *_ in each[2:]:
                    self._heard_of(((host or b"").decode() or connection.host, int(port)))

    def _heard_of(self, node: Node) -> None:
        if node not in self._nodes and node[0] != "?":
            self._nodes.append(node)

    def _master(self) -> Node:
        """Who the first sentinel that answers calls the master."""
        problem: redis.RedisError = redis.ConnectionError("no sentinel answers")
        for sentinel in self._address.sentinels:
            try:
                found = self._asked(sentinel)
            except (redis.ConnectionError, redis.TimeoutError):
                continue
            if found:
                return found
            problem = redis.ConnectionError(f"no master is called {self._address.service!r}")
        raise problem

    def _asked(self, sentinel: Node) -> Node | None:
        """It gets our password only if it asks for one."""
        nobody = {"username": None, "password": None, "db": 0}
        try:
            return asked(sentinel, self._address.service, {**self._options, **nobody})
        except redis.AuthenticationError:
            return asked(sentinel, self._address.service, {**self._options, "db": 0})


def asked(sentinel: Node, service: str, options: dict[str, Any]) -> Node | None:
    """What one sentinel says."""
    host, port = sentinel
    client: Any = redis.Redis(host=host, port=port, decode_responses=True, **options)
    try:
        found = client.execute_command("SENTINEL", "get-master-addr-by-name", service)
    finally:
        client.close()
    return (str(found[0]), int(found[1])) if found else None


class Connection(redis.Connection):
    """redis-py's, over TCP, that goes where the route says."""

    def __init__(self: Any, *, route: Route, **options: Any) -> None:
        self._route = route
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def connect(self: Any) -> None:
        """Connect, if not connected, a few redirections long."""
        if self._sock:
            return
        for _ in range(REDIRECTS):
            self.host, self.port = self._route.node()
            try:
                super().connect()  # type: ignore[no-untyped-call]
            except MovedError as error:
                self._route.moved((error.host or self.host, error.port))
            except (redis.ConnectionError, redis.TimeoutError):
                self._route.failed()
                raise
            else:
                return
        raise redis.ConnectionError("the Cluster sends us round in circles")

    def read_response(self: Any, *args: Any, **options: Any) -> Any:
        """An answer that sends us elsewhere ends this connection; the next one finds its way."""
        try:
            return super().read_response(*args, **options)
        except MovedError as error:
            self._route.moved((error.host or self.host, error.port))
            self.disconnect()
            raise
        except ReadOnlyError:
            self.disconnect()
            raise


class TlsConnection(Connection, redis.SSLConnection):
    """The same over TLS."""

    def _wrap_socket_with_ssl(self: Any, sock: Any) -> Any:
        """A server that takes our greeting for a command waits for its end, or hangs up."""
        try:
            return super()._wrap_socket_with_ssl(sock)  # type: ignore[no-untyped-call]
        except (TimeoutError, ConnectionResetError, ssl.SSLEOFError):
            raise OSError(NO_TLS) from None
