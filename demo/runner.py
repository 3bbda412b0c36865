"""Starts the shop: database, gunicorn, uvicorn, a Celery worker, visitors; ends all of it."""

import http.client
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shlex import split
from typing import Self
from urllib.parse import urlsplit

from djscope.children import Children
from djscope.feed.embedded import free_port

DEMO = Path(__file__).resolve().parent
READY_SECONDS = 60.0

GUNICORN = split("-m gunicorn --config gunicorn_config.py shop_site.wsgi")
UVICORN = split("-m uvicorn shop_site.asgi:application --lifespan off --log-level warning")
CELERY = split(
    "-m celery --app shop_site.worker worker --pool prefork --concurrency 2 "
    "--without-gossip --without-mingle --loglevel warning"
)


class ShopError(RuntimeError):
    """A part of the shop did not start; the message ends with the last lines of its log."""


class Shop:
    """The running shop; `close` ends its processes and removes its directory."""

    def __init__(
        self, redis_url: str, directory: Path, traffic: bool = True, database_url: str = ""
    ) -> None:
        self.wsgi_url = f"http://127.0.0.1:{free_port()}"
        self.asgi_url = f"http://127.0.0.1:{free_port()}"
        self.directory = directory
        self._traffic = traffic
        self._redis_url = redis_url
        self._database_url = database_url
        self._children = Children(directory)

    def start(self, progress: Callable[[str], None]) -> None:
        """Start everything and return when it answers; `progress` hears what is waited for."""
        progress("shop: creating the database")
        self._python("database", "-m", "django", "prepare")
        self._python("gunicorn", *GUNICORN, "--bind", urlsplit(self.wsgi_url).netloc)
        self._python("uvicorn", *UVICORN, "--port", str(urlsplit(self.asgi_url).port))
        self._python("celery", *CELERY)
        self._await("database", self._database_ready, "the database")
        progress("shop: starting gunicorn, uvicorn and a Celery worker")
        self._await("gunicorn", lambda: answers(self.wsgi_url), self.wsgi_url)
        self._await("uvicorn", lambda: answers(self.asgi_url), self.asgi_url)
        self._await("celery", (self.directory / "worker.ready").exists, "the worker")
        if self._traffic:
            self._python("traffic", "traffic.py", self.wsgi_url, self.asgi_url)
            progress("shop: open, visitors are coming in")

    def pids(self) -> dict[str, int]:
        """The processes that were started; gunicorn and celery have children of their own."""
        return {name: pid for name, pid in self._children.pids.items() if name != "database"}

    def close(self) -> None:
        self._children.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _python(self, name: str, *arguments: str) -> None:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "shop_site.settings",
            "DJSCOPE_APP": "shop",
            "DJSCOPE_DEMO_DIR": str(self.directory),
            "DJSCOPE_DEMO_PG_URL": self._database_url,
            "DJSCOPE_REDIS_URL": self._redis_url,
            "PYTHONPATH": str(DEMO),
            "PYTHONUNBUFFERED": "1",
            # Celery's and gunicorn's own leftovers go with the directory.
            "TMPDIR": str(self.directory),
        }
        self._children.start(name, [sys.executable, *arguments], env=env, cwd=DEMO)

    def _database_ready(self) -> bool:
        return (self.directory / "database.ready").exists()

    def _await(self, name: str, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if not self._children.alive(name) or time.monotonic() > deadline:
                tail = self._children.tail(name)
                raise ShopError(f"{what} did not get ready, {name} said last:\n{tail}")
            time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether the shop's first page is served there."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            return connection.getresponse().status == http.client.OK
        return False
    finally:
        connection.close()
