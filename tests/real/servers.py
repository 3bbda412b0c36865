"""Real servers: a Redis that can be stopped and come back, and the quiet project on three hosts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from shlex import split
from typing import Any, Self

from djscope.children import Children, run_directory
from djscope.feed import embedded
from tests.real.tools import client_of, environment, get, started, wait_for

PROJECTS = Path(__file__).resolve().parent / "projects"
GUNICORN = split("-m gunicorn --worker-class gthread --workers 1 --threads 4 --graceful-timeout 1")
APPLICATION = "django.core.wsgi:get_wsgi_application()"
UVICORN = split(
    "-m uvicorn django.core.asgi:get_asgi_application --factory --lifespan off --log-level warning"
)
CELERY = split(
    "-m celery --app quiet.worker worker --pool prefork --concurrency 1"
    " --without-gossip --without-mingle --loglevel warning"
)


class Redis:
    """A server that comes back on the same port, with the same password, and empty."""

    def __init__(self, password: str = "secret") -> None:
        self.port = embedded.free_port()
        self.password = password
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/0"
        self._children = Children(run_directory("redis"))

    @property
    def pid(self) -> int:
        return self._children.pids["redis"]

    def start(self) -> None:
        binary, _ = next(iter(embedded._binaries()))
        directory = f'"{self._children.directory}"'
        config = embedded.CONFIG.format(port=self.port, password=self.password, directory=directory)
        self._children.start("redis", [binary, "-"], feed=config)
        wait_for(lambda: embedded._answers(self.port, self.password), what="Redis")

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        wait_for(lambda: not self._children.alive("redis"), what="Redis's end")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._children.close()


class Quiet:
    """The quiet project on gunicorn, uvicorn and Celery: three processes with a probe."""

    app = "quiet"
    n = 3

    def __init__(self, redis_url: str, **more: str) -> None:
        """`more` is for their environment."""
        self.redis_url = redis_url
        self._more = more
        self.wsgi_url = f"http://127.0.0.1:{embedded.free_port()}"
        self.asgi_url = f"http://127.0.0.1:{embedded.free_port()}"
        self._children = Children(run_directory("quiet"))
        self.directory = self._children.directory
        self._names = (f"n{number}" for number in count())

    def start(self) -> None:
        host = self.wsgi_url.removeprefix("http://")
        self._python("gunicorn", *GUNICORN, "--bind", host, APPLICATION)
        self._python("uvicorn", *UVICORN, "--port", self.asgi_url.rpartition(":")[2])
        self._python("celery", *CELERY)
        self._await("gunicorn", lambda: answers(self.wsgi_url))
        self._await("uvicorn", lambda: answers(self.asgi_url))
        self._await("celery", (self.directory / "worker.ready").exists)
        with client_of(self.redis_url) as client:
            procs = "{djscope}:quiet:procs"
            wait_for(lambda: client.zcard(procs) >= self.n, what="announcement")

    def order(self, task: str) -> Path:
        """Order a task; returns the file by which it is reached."""
        path = self.directory / next(self._names)
        self.order_at(task, path)
        return path

    def order_at(self, task: str, path: Path) -> None:
        """Order a task for a file that is there already."""
        assert get(self.wsgi_url, f"/order/{task}/{path.name}/")[0] == 200

    def fifo(self) -> Path:
        """Something to hang at."""
        path = self.directory / next(self._names)
        os.mkfifo(path)
        return path

    def states(self) -> dict[str, dict[str, Any]]:
        """What each process says of itself."""
        said = self.order("report_state")
        wait_for(said.exists, what="the worker's child")
        return {
            "gunicorn": json.loads(get(self.wsgi_url, "/state/")[1]),
            "uvicorn": json.loads(get(self.asgi_url, "/state/")[1]),
            "celery": json.loads(said.read_text()),
        }

    def close(self) -> None:
        self._children.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _python(self, name: str, *arguments: str) -> None:
        env = quiet_environment(
            self.directory,
            DJSCOPE_REDIS_URL=self.redis_url,
            QUIET_APPS="djscope_probes",
            **self._more,
        )
        self._children.start(name, [sys.executable, *arguments], env=env)

    def _await(self, name: str, ready: Any) -> None:
        wait_for(lambda: ready() or not self._children.alive(name), 40, name)
        assert self._children.alive(name), self._children.tail(name)


@contextmanager
def bare(redis_url: str, app: str, directory: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has a probe and does nothing; `more` is for its environment."""
    env = environment(directory, DJSCOPE_REDIS_URL=redis_url, **more)
    with started(sys.executable, str(PROJECTS / "bare.py"), app, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process


def quiet_environment(directory: Path, **more: str) -> dict[str, str]:
    """What the quiet project needs to know."""
    return environment(
        directory / "runtime",
        DJANGO_SETTINGS_MODULE="quiet.settings",
        PYTHONPATH=str(PROJECTS),
        QUIET_DIR=str(directory),
        QUIET_BROKER=more.get("DJSCOPE_REDIS_URL", ""),
        **more,
    )


def received(directory: Path) -> int:
    """How many tasks the worker of the quiet project has had so far."""
    log = directory / "received"
    return len(log.read_text().splitlines()) if log.exists() else 0


def answers(url: str) -> bool:
    """Whether somebody serves there."""
    with suppress(OSError):
        return get(url, "/", 5)[0] == 200
    return False


def line_of(file: Path, mark: str) -> int:
    """The number of the line that ends with a comment."""
    lines = file.read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {mark}"))
