"""Process models: how servers and workers of the quiet project are started."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import split
from typing import Self

import psutil

from djscope.children import Children, run_directory
from djscope.feed import embedded
from tests.real.servers import answers, quiet_environment
from tests.real.tools import client_of, wait_for

APPLICATION = "django.core.wsgi:get_wsgi_application()"
GUNICORN = "-m gunicorn -w 2 --bind 127.0.0.1:{port} {app}"
UVICORN = (
    "-m uvicorn django.core.asgi:get_asgi_application --factory --lifespan off"
    " --log-level warning --port {port}"
)
UWSGI = (
    "uwsgi --master -p 2 --need-app --disable-logging --die-on-term"
    " --http-socket 127.0.0.1:{port} --module {app}"
)
CELERY = "-m celery --app quiet.worker worker --without-gossip --without-mingle --loglevel warning"


FORK_WARNING = "multi-threaded"
CONTEXT_LINES = 20


@dataclass(frozen=True)
class Model:
    """`n`: in how many processes work is done. `lasts`: they do not end after a few units."""

    name: str
    command: str
    n: int
    lasts: bool = True

    @property
    def web(self) -> bool:
        return "{port}" in self.command

    @property
    def forks(self) -> bool:
        """Whether the process that was started is the parent of those that work."""
        return self.n > 1 or "runserver" in self.command


WEB = [
    Model("gunicorn sync", GUNICORN, 2),
    Model("gunicorn gthread", f"{GUNICORN} -k gthread --threads 3", 2),
    Model("gunicorn gevent", f"{GUNICORN} -k gevent", 2),
    Model("gunicorn preload", f"{GUNICORN} --preload", 2),
    Model("gunicorn recycled", f"{GUNICORN} --max-requests 9", 2, lasts=False),
    Model("uvicorn asyncio", f"{UVICORN} --loop asyncio", 1),
    Model("uvicorn asyncio 2", f"{UVICORN} --loop asyncio --workers 2", 2),
    Model("uvicorn uvloop", f"{UVICORN} --loop uvloop", 1),
    Model("uvicorn uvloop 2", f"{UVICORN} --loop uvloop --workers 2", 2),
    Model("runserver", "-m django runserver {port}", 1),
    Model("uwsgi threads", f"{UWSGI} --enable-threads --threads 2", 2),
    Model("uwsgi lazy", f"{UWSGI} --enable-threads --lazy-apps", 2),
]
WORKERS = [
    Model("celery prefork", f"{CELERY} -P prefork -c 2", 2),
    Model("celery recycled", f"{CELERY} -P prefork -c 2 --max-tasks-per-child 1", 2, lasts=False),
    Model("celery threads", f"{CELERY} -P threads -c 2", 1),
    Model("celery solo", f"{CELERY} -P solo", 1),
    Model("celery gevent", f"{CELERY} -P gevent -c 2", 1),
]
# No other thread runs in there: nothing can be told, and nothing may go wrong.
THREADLESS = Model("uwsgi without threads", UWSGI, 2)


def program(name: str) -> str | None:
    """A command of this environment, or one on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def missing(model: Model) -> str:
    """Why a model cannot be had here; empty when it can."""
    if model.command.startswith("uwsgi") and program("uwsgi") is None:
        return "uWSGI is not installed: pip install uwsgi (it is built from source)"
    return ""


class Host:
    """One server or worker of the quiet project, under an app name of its own.

    `installed`: the probe is among its apps; else it knows nothing of djscope.
    """

    def __init__(self, model: Model, redis_url: str, name: str, installed: bool) -> None:
        self.model = model
        self.app = f"{model.name} {name}".replace(" ", "-")
        self.redis_url = redis_url
        self.prefix = f"{self.app}:"
        self.port = embedded.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # What starts the command.
        self.before: tuple[str, ...] = ()
        self.children = Children(run_directory("model"))
        self.directory = self.children.directory
        probe = {"DJSCOPE_REDIS_URL": redis_url, "QUIET_APPS": "djscope_probes"}
        self.env = quiet_environment(
            self.directory,
            DJSCOPE_APP=self.app,
            QUIET_PREFIX=self.prefix,
            **(probe if installed else {}),
        )
        self.env["QUIET_BROKER"] = redis_url
        # Python 3.12 warns of a fork beside threads, which nobody sees unless he asks.
        self.env["PYTHONWARNINGS"] = "always::DeprecationWarning"

    def launch(self) -> None:
        """Start it; `ready` says when it is there."""
        command = self.model.command.format(port=self.port, app=APPLICATION)
        words = split(command)
        first = [sys.executable] if words[0] == "-m" else [str(program(words.pop(0)))]
        self.children.start("model", [*self.before, *first, *words], env=self.env)

    def await_ready(self) -> None:
        there: Callable[[], bool] = (self.directory / "worker.ready").exists
        if self.model.web:
            there = lambda: answers(self.url)  # noqa: E731
        wait_for(lambda: there() or not self.children.alive("model"), 60, self.app)
        assert self.children.alive("model"), self.children.tail("model")

    def announced(self, n: int) -> bool:
        """Idle processes announce themselves."""
        with client_of(self.redis_url) as client:
            return bool(client.zcard(f"{{djscope}}:{self.app}:procs") >= n)

    @property
    def listed(self) -> set[int]:
        """Pids of those that have announced themselves, and not taken that back."""
        with client_of(self.redis_url) as client:
            members = client.zrange(f"{{djscope}}:{self.app}:procs", 0, -1)
        return {json.loads(member)[1] for member in members}

    @property
    def threads(self) -> int:
        """Of the process that was started; where that forks, there must be none of ours."""
        return psutil.Process(self.children.pids["model"]).num_threads()

    @property
    def processes(self) -> list[psutil.Process]:
        """All that belong to it."""
        with suppress(psutil.Error):
            root = psutil.Process(self.children.pids["model"])
            return [root, *root.children(recursive=True)]
        return []

    def shut_down(self) -> float:
        """Ask it to end, as a supervisor does; returns how many seconds that took."""
        family = self.processes
        began = time.monotonic()
        os.kill(self.children.pids["model"], signal.SIGTERM)
        wait_for(lambda: not any(map(alive, family)), 40, f"the end of {self.app}")
        return time.monotonic() - began

    def complaints(self) -> list[str]:
        """Warnings of threads in a process that forks, traces of our own, failures."""
        lines = self.children.log("model").read_text().splitlines()
        marks = (FORK_WARNING, "djscope_probes", "Traceback", "Unhandled exception")
        found = [i for i, line in enumerate(lines) if any(mark in line for mark in marks)]
        return ["\n".join(lines[i : i + CONTEXT_LINES]) for i in found]

    def close(self) -> None:
        self.children.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def alive(process: psutil.Process) -> bool:
    """Neither gone nor a zombie that its parent has not asked for."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
