"""What probes cost a Redis: commands and bytes a minute, off and watched, for 1 and 50 processes.

`PATH= python -m tests.real.chatter`: half a minute per row. Each process serves ten requests of
twelve queries a second. Counted per connection, which Valkey 9 does and older servers do not.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from djscope.feed.embedded import EmbeddedServer, start_embedded
from tests.real.servers import PROJECTS, quiet_environment
from tests.real.tools import client_of, started, wait_for, watching

SECONDS = 32
APP = "quiet"
Totals = tuple[int, int, int]


@contextmanager
def processes(n: int, url: str, directory: Path) -> Iterator[None]:
    """`n` processes with a probe that work."""
    env = quiet_environment(directory, DJSCOPE_REDIS_URL=url, QUIET_APPS="djscope_probes")
    with ExitStack() as stack:
        for _ in range(n):
            command = (sys.executable, str(PROJECTS / "steady.py"))
            stack.enter_context(started(*command, env=env))
        with client_of(url) as client:
            wait_for(lambda: client.zcard("{djscope}:quiet:procs") == n, 120, "announcement")
        yield


def totals(client: redis.Redis, ours: set[str]) -> Totals:
    """Commands, bytes in and bytes out of connections that are not in `ours`, so far."""
    rows = [row for row in client.client_list() if row["addr"] not in ours]
    return (
        sum(int(row["tot-cmds"]) for row in rows),
        sum(int(row["tot-net-in"]) for row in rows),
        sum(int(row["tot-net-out"]) for row in rows),
    )


def row(name: str, n: int, client: redis.Redis, ours: set[str]) -> None:
    """Measure, and print what that is per process and minute."""
    before = totals(client, ours)
    time.sleep(SECONDS)
    share = SECONDS / 60 * n
    each = [(after - was) / share for was, after in zip(before, totals(client, ours), strict=True)]
    commands, received, sent = each
    print(f"{n:3} {name:8} {commands:8.1f} {received:12.0f} {sent:12.0f}", flush=True)


def measure(n: int, server: EmbeddedServer, directory: Path) -> None:
    """Two rows: nobody watches, and then one viewer."""
    with processes(n, server.url, directory), client_of(server.url) as client:
        row("off", n, client, {client.client_info()["addr"]})
        before = {each["addr"] for each in client.client_list()}
        with watching(server.url, APP) as watch:
            wait_for(lambda: watch.session.watching()[0] == n, 30, "arming")
            viewer = {each["addr"] for each in client.client_list()} - before
            row("watched", n, client, {client.client_info()["addr"], *viewer})


def main() -> None:
    print("  n          commands     bytes in    bytes out   (per process and minute)")
    for n in (1, 50):
        with start_embedded() as server, tempfile.TemporaryDirectory() as name:
            measure(n, server, Path(name))


if __name__ == "__main__":
    main()
