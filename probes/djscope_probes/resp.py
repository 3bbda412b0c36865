"""A Redis client in a hundred lines: what a probe needs, and nothing in the host's way.

Built on `_socket`, so that neither gevent nor an APM that wraps `socket` or redis-py sees it; waits
are the socket's own timeouts. Replies are bytes, ints, None, lists, or `ReplyError` values.
"""

from __future__ import annotations

import _socket
import time
from typing import Any

from djscope_probes.address import Address

Reply = Any
Peer = tuple[int, Any]  # address family, and what `connect` takes
CHUNK = 65_536
# Far above whatever a probe asks for: who says more is no Redis, and would fill the host's memory.
LINE_BYTES = 65_536
REPLY_BYTES = 4_000_000
REPLY_ITEMS = 100_000
REPLY_DEPTH = 8
# This connection is of no use any more: another server has our keys, or this one is not ready yet.
ELSEWHERE = ("MOVED", "ASK", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN", "LOADING")
# We may not do what we do.
DENIED = ("NOPERM", "NOAUTH", "WRONGPASS")


class ReplyError(Exception):
    """An error that the server replied with, such as `OOM …`; returned by `pipeline`."""

    @property
    def code(self) -> str:
        """Its first word, by which kinds are told apart."""
        return str(self).partition(" ")[0]


class ConnectionLostError(OSError):
    """The connection is no more."""


class Connection:
    """One connection. Not for two threads at once, except that `interrupt` works from any."""

    def __init__(self, address: Address, timeout: float = 1.0, peer: Peer | None = None) -> None:
        self.address = address
        self._timeout = timeout
        self._buffer = bytearray()
        # Where the address led to.
        self._peer = peer
        # What the replies under way may still take.
        self._deadline, self._bytes_left, self._items_left = 0.0, 0, 0
        self._socket = self._connect(address)
        self.sent = 0
        # The server was asked to block: nothing is lost if `interrupt` ends that.
        self.waits = False
        try:
            self._greet(address)
        except BaseException:
            self._socket.close()
            raise

    def pipeline(self, *commands: tuple[object, ...], wait: float = 0.0) -> list[Reply]:
        """Send commands, read their replies in order. `wait`: how long the server may block. All
        replies together have that long and our timeout, however slowly they trickle in.

        Errors are values among the replies, but for those that end the connection's use: raised.
        """
        payload = b"".join(map(encode, commands))
        self.sent += len(payload)
        self._socket.settimeout(self._timeout)
        self._socket.sendall(payload)
        self._deadline = time.monotonic() + self._timeout + wait
        self._bytes_left, self._items_left = REPLY_BYTES, REPLY_ITEMS
        self.waits = wait > 0
        try:
            replies = [self._read() for _ in commands]
        finally:
            self.waits = False
        for reply in replies:
            if isinstance(reply, ReplyError) and reply.code in (*ELSEWHERE, *DENIED):
                raise reply
        return replies

    def call(self, *command: object, wait: float = 0.0) -> Reply:
        """Send one command; an error reply is raised."""
        reply = self.pipeline(command, wait=wait)[0]
        if isinstance(reply, ReplyError):
            raise reply
        return reply

    def beside(self, timeout: float) -> Connection:
        """Another one to the same server. Its name is not looked up: that has no timeout."""
        return Connection(self.address, timeout, self._peer)

    def interrupt(self) -> None:
        """End a read under way in another thread, and the connection with it."""
        try:
            self._socket.shutdown(_socket.SHUT_RDWR)
        except OSError:
            pass

    def close(self) -> None:
        self._socket.close()

    def _connect(self, address: Address) -> Any:
        if address.tls:
            from djscope_probes.tls import TlsSocket

            return TlsSocket(self._dial(address), address.host, address.trust)
        return self._dial(address)

    def _dial(self, address: Address) -> Any:
        if address.path:
            return self._open(_socket.AF_UNIX, address.path)
        if self._peer is not None:
            return self._open(*self._peer)
        problem: OSError | None = None
        found = _socket.getaddrinfo(address.host, address.port, 0, _socket.SOCK_STREAM)
        for family, _, _, _, target in found:
            try:
                return self._open(family, target)
            except OSError as error:
                problem = error
        raise problem or ConnectionLostError("the host has no address")

    def _open(self, family: int, target: Any) -> _socket.socket:
        sock = _socket.socket(family, _socket.SOCK_STREAM)
        try:
            sock.settimeout(self._timeout)
            sock.connect(target)
            if family != _socket.AF_UNIX:
                sock.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        except BaseException:
            sock.close()
            raise
        self._peer = family, target
        return sock

    def _greet(self, address: Address) -> None:
        if address.password:
            user = (address.user,) if address.user else ()
            reply = self.pipeline(("AUTH", *user, address.password))[0]
            # A password too many is no reason to stay outside; redis-py gets in as well.
            if isinstance(reply, ReplyError) and "without any password" not in str(reply):
                raise reply
        if address.database:
            self.call("SELECT", address.database)

    def _fill(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the reply does not end")
        self._socket.settimeout(left)
        data = self._socket.recv(CHUNK)
        if not data:
            raise ConnectionLostError("the server closed the connection")
        self._bytes_left -= len(data)
        if self._bytes_left < 0:
            raise ConnectionLostError("more than a Redis would reply")
        self._buffer += data

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > LINE_BYTES:
                raise ConnectionLostError("longer than any line of a Redis reply")
            self._fill()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _read(self, depth: int = 0) -> Reply:
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b"-":
            return ReplyError(rest.decode("utf-8", "replace"))
        try:
            size = int(rest)
        except ValueError:
            kind = b""
        if kind not in (b":", b"$", b"*"):
            raise ConnectionLostError(f"not a Redis reply: {line[:20]!r}")
        if kind == b":":
            return size
        if size < 0:
            return None
        return self._items(size, depth + 1) if kind == b"*" else self._bulk(size)

    def _items(self, size: int, depth: int) -> list[Reply]:
        self._items_left -= size
        if self._items_left < 0 or depth > REPLY_DEPTH:
            raise ConnectionLostError("more than a Redis would reply")
        return [self._read(depth) for _ in range(size)]

    def _bulk(self, size: int) -> bytes:
        if size > REPLY_BYTES:
            raise ConnectionLostError("more than a Redis would reply")
        while len(self._buffer) < size + 2:
            self._fill()
        data = bytes(self._buffer[:size])
        del self._buffer[: size + 2]
        return data


def expect(kind: type, reply: Reply) -> Reply:
    """The reply, if a Redis may have said it: what else answers at a port says anything."""
    if not isinstance(reply, kind):
        raise ConnectionLostError(f"not what a Redis replies: {type(reply).__name__}")
    return reply


def encode(command: tuple[object, ...]) -> bytes:
    """One command as RESP; str and numbers go as UTF-8 text."""
    parts = [b"*%d\r\n" % len(command)]
    for item in command:
        data = item if isinstance(item, bytes) else str(item).encode("utf-8", "surrogateescape")
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)
