"""What tests of real processes share: waiting, asking over HTTP, running the command line."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import urlsplit

import redis

from djscope.feed.channel import Channel
from djscope.feed.redis_link import connect
from djscope.feed.shapes import ProbeReported
from djscope.watch import Watch
from djscope_probes.wire import Keys

T = TypeVar("T")
PREFIX = "{djscope}"
HERE = os.uname().nodename
# Of a snapshot, at its top: an interface.
SNAPSHOT_KEYS = [
    "schema", "meta", "coverage", "processes", "findings", "units", "routes", "queries", "tasks",
    "memory", "migrations", "locks", "hops", "gone", "loops",
]  # fmt: skip


def wait_for(check: Callable[[], T], seconds: float = 30.0, what: str = "it") -> T:
    """Ask until the answer is true, and return it; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"{what} did not come about in {seconds:.0f} s"
        time.sleep(0.02)
    return answer


def get(url: str, path: str, timeout: float = 15.0) -> tuple[int, bytes]:
    """Status and body of one request."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def environment(directory: Path, **more: str) -> dict[str, str]:
    """This environment without djscope's own variables, with a private runtime directory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DJSCOPE")}
    directory.mkdir(mode=0o700, exist_ok=True)
    return {**kept, "XDG_RUNTIME_DIR": str(directory), "PYTHONUNBUFFERED": "1", **more}


def djscope(
    *arguments: str, directory: Path, seconds: float = 30, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end, without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "djscope", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=environment(directory, **env),
    )


def complaints(stderr: str) -> list[str]:
    """What a process says on stderr, but for who watches it."""
    said = stderr.splitlines()
    return [line for line in said if not line.startswith("djscope: ")]


@contextmanager
def started(
    *command: str, env: dict[str, str], cwd: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed at the end if it is still there."""
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        cwd=cwd,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def client_of(url: str) -> Iterator[redis.Redis]:
    """A connection that is closed in the end."""
    with redis.Redis.from_url(url) as client:
        yield client
    client.close()


@contextmanager
def watching(url: str, app: str) -> Iterator[Watch]:
    """A real viewer without a screen; its last words are not looked at."""
    watch = Watch(url, app)
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()


def keys_of(client: redis.Redis) -> set[str]:
    """All keys that are djscope's."""
    return {key.decode() for key in client.scan_iter(match=f"{PREFIX}*", count=1000)}


def wake(client: redis.Redis, keys: Keys) -> None:
    """What a viewer does to be noticed; returns when every process has announced itself anew."""
    before = dict(client.zrange(keys.procs, 0, -1, withscores=True))

    def refreshed() -> bool:
        client.xadd(keys.control, {"m": "wake"}, maxlen=100)
        client.expire(keys.control, 120)
        now = dict(client.zrange(keys.procs, 0, -1, withscores=True))
        return all(now[member] > score for member, score in before.items())

    wait_for(refreshed, what="a refresh")


class Levels:
    """What probes say about their level, read off the channel by nobody who watches.

    Entered before what it is to hear of: reports come seldom.
    """

    def __init__(self, url: str, app: str) -> None:
        self._client = connect(url)
        self._channel = Channel(self._client, Keys(app))
        self._channel.seek(self._channel.now())
        self.at: dict[str, str] = {}
        self.said: dict[str, ProbeReported] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def read(self) -> dict[str, str]:
        """Process → the level that it reported last."""
        for delivery in self._channel.read(50):
            for event in delivery.events:
                if isinstance(event, ProbeReported):
                    self.at[delivery.process] = event.level
                    self.said[delivery.process] = event
        return self.at

    def all_are(self, level: str, n: int) -> bool:
        levels = list(self.read().values())
        return len(levels) >= n and set(levels) == {level}
