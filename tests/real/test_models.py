"""Every process model, for real: who gets a probe, and whether each unit of work is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import split

import pytest

from djscope.children import Children, run_directory
from djscope.feed import embedded
from djscope.feed.embedded import EmbeddedServer, start_embedded
from djscope.watch import Watch
from tests.real.servers import answers, quiet_environment
from tests.real.tools import client_of, get, wait_for, watching

pytestmark = pytest.mark.real
APPLICATION = "django.core.wsgi:get_wsgi_application()"
GUNICORN = "-m gunicorn -w 2 --bind 127.0.0.1:{port} {app}"
UVICORN = (
    "-m uvicorn django.core.asgi:get_asgi_application --factory --lifespan off"
    " --log-level warning --port {port}"
)
UWSGI = "uwsgi --master -p 2 --need-app --disable-logging --http-socket 127.0.0.1:{port} --module"
# Model → its command, and in how many processes work is done.
WEB = {
    "gunicorn sync": (GUNICORN, 2),
    "gunicorn gthread": (f"{GUNICORN} -k gthread --threads 3", 2),
    "gunicorn gevent": (f"{GUNICORN} -k gevent", 2),
    "gunicorn preload": (f"{GUNICORN} --preload", 2),
    "gunicorn recycled": (f"{GUNICORN} --max-requests 9", 2),
    "uvicorn asyncio": (f"{UVICORN} --loop asyncio", 1),
    "uvicorn uvloop": (f"{UVICORN} --loop uvloop --workers 2", 2),
    "runserver": ("-m django runserver {port}", 1),
    "uwsgi threads": (f"{UWSGI} {{app}} --enable-threads --threads 2", 2),
    "uwsgi lazy": (f"{UWSGI} {{app}} --enable-threads --lazy-apps", 2),
}
CELERY = "-m celery --app quiet.worker worker --without-gossip --without-mingle --loglevel warning"
WORKERS = {
    "prefork": (f"{CELERY} -P prefork -c 2", 2),
    "recycled": (f"{CELERY} -P prefork -c 2 --max-tasks-per-child 1", 2),
    "threads": (f"{CELERY} -P threads -c 2", 1),
    "solo": (f"{CELERY} -P solo", 1),
    "gevent": (f"{CELERY} -P gevent -c 2", 1),
}
SENT = 30
# Django must not set a probe up in the process that only sends.
SEND = f"""\
import django
django.setup()
from quiet import worker, work
for number in range({SENT}):
    work.report_state.delay(f"done{{number}}")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


class Model:
    """One server or worker of the quiet project, under an app name of its own."""

    def __init__(self, name: str, redis_url: str) -> None:
        self.app = name.replace(" ", "-")
        self.redis_url = redis_url
        self.children = Children(run_directory("model"))
        self.directory = self.children.directory
        self.env = quiet_environment(
            self.directory,
            DJSCOPE_APP=self.app,
            DJSCOPE_REDIS_URL=redis_url,
            QUIET_APPS="djscope_probes",
        )

    def start(self, command: str, ready: Callable[[], bool]) -> None:
        words = split(command)
        program = [sys.executable, *words] if words[0] == "-m" else words
        self.children.start("model", program, env=self.env)
        wait_for(lambda: ready() or not self.children.alive("model"), 40, self.app)
        assert self.children.alive("model"), self.children.tail("model")

    def announced(self, n: int) -> None:
        """Idle workers announce themselves."""
        with client_of(self.redis_url) as client:
            procs = f"{{djscope}}:{self.app}:procs"
            wait_for(lambda: client.zcard(procs) >= n, what="announcement")

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_error: object) -> None:
        self.children.close()


def ended(watch: Watch) -> int:
    with watch.lock:
        return sum(route.n for route in watch.session.routes.values())


def armed(watch: Watch, n: int) -> bool:
    with watch.lock:
        return watch.session.watching()[0] >= n


def no_complaints(model: Model) -> None:
    """No server warns of threads in a process that forks, none of our wrappers fails."""
    log = model.children.log("model").read_text()

    assert "multi-threaded" not in log
    assert "djscope_probes" not in log
    assert "Traceback" not in log


@pytest.mark.parametrize("name", WEB)
def test_each_request_is_told(name: str, server: EmbeddedServer) -> None:
    """Sent and counted are the same number, with their queries, in every worker."""
    command, n = WEB[name]
    if name.startswith("uwsgi") and shutil.which("uwsgi") is None:
        pytest.skip("uWSGI is not installed: pip install uwsgi (it is built from source)")
    port = embedded.free_port()
    url = f"http://127.0.0.1:{port}"
    with Model(name, server.url) as model:
        model.start(command.format(port=port, app=APPLICATION), lambda: answers(url))
        model.announced(n)
        with watching(server.url, model.app) as watch:
            wait_for(lambda: armed(watch, n), what="arming")
            for _ in range(SENT):
                assert get(url, "/loop/")[0] == 200
            wait_for(lambda: ended(watch) >= SENT, what="all requests")
            with watch.lock:
                queries = sum(stat.n for stat in watch.session.queries.stats.values())

            assert ended(watch) == SENT
            assert queries == SENT * 12
        no_complaints(model)


@pytest.mark.parametrize("name", WORKERS)
def test_each_task_is_told(name: str, server: EmbeddedServer) -> None:
    """Also when each task has a child of its own, whose last record has to get out in time."""
    command, n = WORKERS[name]
    with Model(name, server.url) as model:
        ready: Path = model.directory / "worker.ready"
        model.start(command, ready.exists)
        model.announced(n)
        with watching(server.url, model.app) as watch:
            wait_for(lambda: armed(watch, n), what="arming")
            env = {**model.env, "DJSCOPE_DISABLED": "1"}
            subprocess.run([sys.executable, "-c", SEND], env=env, check=True, timeout=60)
            wait_for(lambda: ended(watch) >= SENT, 30, "all tasks")

            assert ended(watch) == SENT
        no_complaints(model)
