"""Something that answers where a Redis should be, and is none."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What one connection is sent at most; far above what a probe takes.
ENDLESS = 50_000_000
CHUNK = 65_536
DRIP_S, DRIPS = 0.1, 60
COMMAND = re.compile(rb"(?m)^\*\d+\r$")


class Speaker:
    """Answers a command with `begin`, then with `again` over and over, `pause` seconds apart."""

    def __init__(self, begin: bytes, again: bytes = b"", pause: float = 0.0) -> None:
        self.begin = begin
        self.again = again
        self.pause = pause
        self.sent = 0
        self.over = threading.Event()

    def serve(self, listener: socket.socket) -> None:
        while not self.over.is_set():
            with suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.settimeout(20)
                    while heard := peer.recv(4096):
                        self.speak(peer, len(COMMAND.findall(heard)) or 1)

    def speak(self, peer: socket.socket, times: int) -> None:
        peer.sendall(self.begin * times)
        rounds = DRIPS if self.pause else ENDLESS // max(len(self.again), 1)
        for _ in range(rounds if self.again else 0):
            if self.over.wait(self.pause):
                return
            peer.sendall(self.again)
            self.sent += len(self.again)
        if self.pause:
            peer.shutdown(socket.SHUT_RDWR)


@contextmanager
def speaking(speaker: Speaker) -> Iterator[str]:
    """The URL of one that speaks like that."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.1)
        thread = threading.Thread(target=speaker.serve, args=(listener,))
        thread.start()
        try:
            yield f"redis://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            speaker.over.set()
            thread.join(30)
