"""What a server was told, and what it holds."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.real.servers import Redis
from tests.real.tools import client_of


@contextmanager
def monitored(server: Redis, into: list[bytes]) -> Iterator[None]:
    """Every command that any client gives the server, as the server's MONITOR tells it."""
    over = threading.Event()
    with socket.create_connection(("127.0.0.1", server.port)) as wire:
        wire.settimeout(0.2)
        wire.sendall(f"AUTH {server.password}\r\nMONITOR\r\n".encode())

        def listen() -> None:
            while not over.is_set():
                try:
                    into.append(wire.recv(1_000_000))
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(10)


def dumped(url: str) -> bytes:
    """All keys of the server with all that is in them."""
    lines: list[object] = []
    with client_of(url) as client:
        for key in client.scan_iter(count=1000):
            kind = client.type(key)
            lines.append(key)
            if kind == b"stream":
                lines += client.xrange(key)
            elif kind == b"hash":
                lines += client.hgetall(key).items()
            elif kind == b"zset":
                lines += client.zrange(key, 0, -1)
            elif kind == b"string":
                lines.append(client.get(key))
    return b"\n".join(repr(line).encode() for line in lines)
