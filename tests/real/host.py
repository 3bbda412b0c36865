"""The quiet project on gunicorn alone: one process with a probe that can be visited."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from djscope.children import Children, run_directory
from djscope.feed import embedded
from djscope.watch import Watch
from tests.real.servers import APPLICATION, GUNICORN, PROJECTS, answers, quiet_environment
from tests.real.tools import get, started, wait_for

# Oftener than else: whoever compares counts waits for a report.
REPORT_NS = 1_000_000_000


class Host:
    """App `quiet`, one process; `visits` are the milliseconds of each page view under load."""

    app = "quiet"

    def __init__(self, redis_url: str) -> None:
        self.url = f"http://127.0.0.1:{embedded.free_port()}"
        self._children = Children(run_directory("host"))
        self.directory = self._children.directory
        self._redis_url = redis_url

    def __enter__(self) -> Self:
        env = quiet_environment(
            self._children.directory,
            DJSCOPE_REDIS_URL=self._redis_url,
            QUIET_APPS="djscope_probes",
            QUIET_REPORT_NS=str(REPORT_NS),
        )
        bind = self.url.removeprefix("http://")
        command = [sys.executable, *GUNICORN, "--bind", bind, APPLICATION]
        self._children.start("gunicorn", command, env=env)
        try:
            wait_for(lambda: answers(self.url) or not self._alive(), 40, "gunicorn")
            assert self._alive(), self._children.tail("gunicorn")
        except BaseException:
            self._children.close()
            raise
        return self

    def _alive(self) -> bool:
        return self._children.alive("gunicorn")

    def visit(self) -> float:
        """Milliseconds until a page of twelve queries was answered."""
        began = time.monotonic()
        assert get(self.url, "/loop/")[0] == 200
        return (time.monotonic() - began) * 1000

    @contextmanager
    def under_load(self) -> Iterator[list[float]]:
        """Somebody visits all the time; yields the milliseconds of each page so far."""
        took: list[float] = []
        command = (sys.executable, "-I", "-S", str(PROJECTS / "guest.py"))
        where = self.url.removeprefix("http://"), "/loop/"
        with started(*command, *where, env=dict(os.environ)) as guest:
            thread = threading.Thread(target=hear, args=(guest, took))
            thread.start()
            try:
                yield took
            finally:
                assert guest.stdin is not None
                guest.stdin.close()
                thread.join(20)
            assert guest.wait(20) == 0, "a page was not answered"

    def said(self, text: str) -> int:
        """How many lines of its log have `text` in them."""
        lines = self._children.log("gunicorn").read_text(errors="replace").splitlines()
        return sum(text in line for line in lines)

    def close(self) -> None:
        self._children.close()

    def __exit__(self, *_error: object) -> None:
        self.close()


def hear(guest: subprocess.Popen[str], took: list[float]) -> None:
    """Note the milliseconds that it says, until its end."""
    assert guest.stdout is not None
    took.extend(map(float, guest.stdout))


def armed(watch: Watch, n: int = 1) -> bool:
    """Whether so many processes say that they are watched."""
    return watch.session.watching()[0] >= n


def sees_visits(host: Host, watch: Watch) -> bool:
    """A page that is viewed from now on is told of, with the names of its route and its query."""
    since = watch.now()

    def told() -> bool:
        with watch.lock:
            texts = watch.session.definitions
            return any(
                texts.text(one.unit.name_id) == "loop/"
                and [texts.text(group.sql_id) for group in one.unit.groups] == ["SELECT %s"]
                for one in watch.session.recent
                if one.seen_at >= since
            )

    wait_for(lambda: host.visit() and told(), 30, "the page that was viewed")
    return True
