"""The embedded server of last resort: fakeredis's, pure Python, for machines without any binary.

Run as a script by `djscope.feed.embedded`; port and password come on stdin. Three things are added
to fakeredis (2.40): it lets anybody in, so a connection reaches it only if the first thing that it
says names our password; it hangs up after an error reply, where a real server goes on; and when a
reply is larger than what the socket takes at once.
"""

import select
import socket
import sys
import time
from typing import Any

from fakeredis import TcpFakeServer

HELLO_S = 5.0
HELLO_BYTES = 512
# Who does not read for so long is gone.
READER_S = 30.0
NO_PASSWORD = b"-NOAUTH Authentication required.\r\n"
WRONG_PASSWORD = b"-WRONGPASS invalid username-password pair or user is disabled.\r\n"


class WholeReplies:
    """Writes to a socket that does not wait by itself."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._connection.send(left) :]
            except BlockingIOError:
                if not select.select([], [self._connection], [], READER_S)[1]:
                    raise

    def flush(self) -> None:
        """Nothing is held back."""


class Patient:
    """Goes on with a connection after an error was replied, and until a reply is out."""

    def setup(self: Any) -> None:
        super().setup()  # type: ignore[misc]
        self.writer.writer = WholeReplies(self.connection)

    def handle(self: Any) -> None:
        """fakeredis's own returns when a reply was an error, as at the end of the connection."""
        reply, last = self.writer.dump, None

        def noting(value: Any) -> None:
            nonlocal last
            last = value
            reply(value)

        self.writer.dump = noting
        going_on = True
        while going_on:
            last = None
            super().handle()  # type: ignore[misc]
            going_on = isinstance(last, Exception)


class GuardedServer(TcpFakeServer):
    """Each connection has a thread; what it says first is looked at, and left for fakeredis."""

    def __init__(self, port: int, password: str) -> None:
        super().__init__(("127.0.0.1", port))
        self.daemon_threads = True
        handler: Any = self.RequestHandlerClass
        self.RequestHandlerClass = type("Handler", (Patient, handler), {})
        self.fake_server.config[b"requirepass"] = password.encode()
        self._password = password.encode()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the connection's own thread."""
        words = first_words(request)
        if self._password in words:
            super().finish_request(request, client_address)
        else:
            request.sendall(WRONG_PASSWORD if words else NO_PASSWORD)


def first_words(connection: socket.socket) -> list[bytes]:
    """The words of the first command, if it is `AUTH …` or `HELLO … AUTH …`, not taken away."""
    deadline = time.monotonic() + HELLO_S
    connection.settimeout(HELLO_S)
    seen = b""
    try:
        while time.monotonic() < deadline:
            said = connection.recv(HELLO_BYTES, socket.MSG_PEEK)
            words = words_in(said)
            if words or said == seen == b"" or len(said) == HELLO_BYTES:
                return words if words and words[0].upper() in (b"AUTH", b"HELLO") else []
            seen = said
            time.sleep(0.005)
        return []
    except OSError:
        return []
    finally:
        connection.settimeout(None)


def words_in(said: bytes) -> list[bytes]:
    """The words of a whole RESP command at the beginning of `said`; none while it is not whole."""
    lines = said.split(b"\r\n")
    head = lines[0]
    if head[:1] != b"*" or not head[1:].isdigit():
        return []
    words = lines[2 : 2 * int(head[1:]) + 1 : 2]
    return words if len(lines) > 2 * int(head[1:]) + 1 else []


def main() -> None:
    port, password = sys.stdin.readline().split()
    try:
        server = GuardedServer(int(port), password)
    except OSError as error:
        sys.exit(f"not listening: {error}")
    server.serve_forever()


if __name__ == "__main__":
    main()
