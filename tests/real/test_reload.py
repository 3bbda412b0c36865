"""A finding that a reload mended, on real servers: read before, edit, reload, read `gone`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.children import Children, run_directory
from djscope.feed.embedded import free_port, start_embedded
from djscope.model.finding import Finding
from djscope.model.findings import find, find_gone
from djscope.model.generations import Generations
from djscope.report import lines
from djscope.watch import Watch
from tests.real.servers import PROJECTS, answers
from tests.real.tools import environment, get, wait_for, watching

pytestmark = pytest.mark.real
SERVERS = {
    "gunicorn": "-m gunicorn --workers 2 --graceful-timeout 2 --bind 127.0.0.1:{port}"
    " django.core.wsgi:get_wsgi_application()",
    "runserver": "-m django runserver 127.0.0.1:{port}",
}


class Shelf:
    """The project in a directory of its own, so that it can be edited."""

    def __init__(self, server: str, redis_url: str, directory: Path) -> None:
        self.views = directory / "shelf" / "views.py"
        self.url = f"http://127.0.0.1:{free_port()}"
        self._server = server
        self.n = 2 if server == "gunicorn" else 1
        self._children = Children(run_directory("shelf"))
        shutil.copytree(PROJECTS / "shelf", directory / "shelf")
        self._env = environment(
            directory / "runtime",
            DJSCOPE_REDIS_URL=redis_url,
            DJANGO_SETTINGS_MODULE="shelf.settings",
            PYTHONPATH=str(directory),
            PYTHONDONTWRITEBYTECODE="1",
            SHELF_DATABASE=str(directory / "shelf.sqlite3"),
        )
        subprocess.run([sys.executable, "-m", "shelf.fill"], env=self._env, check=True)

    def start(self) -> None:
        command = SERVERS[self._server].format(port=self.url.rpartition(":")[2])
        self._children.start("shelf", [sys.executable, *command.split()], env=self._env)
        wait_for(lambda: answers(self.url), 40, self._server)

    def edit(self, began: float, *changes: tuple[str, str]) -> None:
        """Change the view as somebody with an editor does; gunicorn is told by a signal.

        Not within the second in which the processes `began`: they tell no more of when.
        """
        time.sleep(max(began + 1.1 - time.time(), 0))
        text = self.views.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.views.write_text(text)
        if self._server == "gunicorn":
            os.kill(self._children.pids["shelf"], signal.SIGHUP)

    def visit(self, times: int = 1) -> None:
        """Requests of the page, once somebody serves."""
        wait_for(lambda: answers(self.url), 30, self._server)
        for _ in range(times):
            assert get(self.url, "/books/")[0] == 200

    def close(self) -> None:
        self._children.close()


@contextmanager
def shelf(server: str, redis_url: str, directory: Path) -> Iterator[Shelf]:
    project = Shelf(server, redis_url, directory)
    try:
        project.start()
        yield project
    finally:
        project.close()


def told(watch: Watch) -> list[list[Finding]]:
    """What is open and what is gone, of requests: those that came before a new process had loaded
    what serves them are told as a thread's queries.
    """
    with watch.lock:
        found = find(watch.session, watch.now())
        gone = find_gone(watch.session, watch.now(), found)
    return [[each for each in some if each.unit_kind == "request"] for some in (found, gone)]


def kinds(watch: Watch) -> list[str]:
    return [finding.kind for finding in told(watch)[0]]


@pytest.mark.parametrize("server", SERVERS)
def test_what_a_reload_mended_is_gone(server: str, tmp_path: Path) -> None:
    """Open before; still open while the new processes have served nothing; then said to be gone,
    although the line has moved; and a second edit that brings it back opens it again.
    """
    with (
        start_embedded() as redis,
        shelf(server, redis.url, tmp_path) as project,
        watching(redis.url, "shelf") as watch,
    ):
        wait_for(lambda: watch.session.watching()[0] >= project.n, 30, "an armed process")
        project.visit(8)
        wait_for(lambda: kinds(watch) == ["n_plus_one"], 20, "the finding")
        (before,) = told(watch)[0]
        old = set(watch.session.processes)

        project.edit(
            began(watch, old),
            ("Book.objects.all()", 'Book.objects.prefetch_related("author")'),
            ("\n\ndef home", "\n# Mended.\n\n\ndef home"),
        )
        wait_for(lambda: reloaded(watch, old, project.n), 40, "the reload")
        assert kinds(watch) == ["n_plus_one"]
        assert told(watch)[1] == []

        wait_for(lambda: project.visit() or served(watch, old), 30, "a request that is told")
        project.visit(8)
        wait_for(lambda: told(watch)[1], 30, "what is gone")
        found, (gone,) = told(watch)
        assert found == []
        assert gone.id == before.id
        assert gone.title.startswith("Book.author: gone: 20 → 1 queries per request, in ")
        assert gone.gone is not None
        assert gone.gone.units >= 3
        assert next(lines([gone])).startswith("n_plus_one  Book.author: gone: 20 → 1 queries")

        back = set(watch.session.processes)
        project.edit(began(watch, back), ('.prefetch_related("author")', ".all()"))
        wait_for(lambda: reloaded(watch, back, project.n), 40, "the second reload")
        wait_for(lambda: project.visit() or served(watch, back), 30, "a request that is told")
        project.visit(8)
        wait_for(lambda: kinds(watch) == ["n_plus_one"] and not told(watch)[1], 30, "it again")


def began(watch: Watch, processes: set[str]) -> float:
    """When the last of them did."""
    with watch.lock:
        return max(watch.session.processes[each].started for each in processes)


def served(watch: Watch, old: set[str]) -> bool:
    """A new process told of a request: it armed before it had loaded what serves them."""
    with watch.lock:
        return any(
            fact.kind == "request" and fact.process not in old for fact in watch.session.recent
        )


def reloaded(watch: Watch, old: set[str], n: int) -> bool:
    """Others are armed, and none of the old is there any more."""
    with watch.lock:
        there = Generations(watch.session, watch.now()).there
        armed = {each.id for each in watch.session.processes.values() if each.armed}
    return not there & old and len(armed - old) >= n
