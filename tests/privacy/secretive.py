"""A real project whose every corner holds a secret, on gunicorn and Celery."""

from __future__ import annotations

import http.client
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from djscope.children import Children, run_directory
from djscope.feed.embedded import free_port
from tests.privacy.project.places import secret_of
from tests.real.servers import APPLICATION, GUNICORN, answers
from tests.real.tools import environment, wait_for

PROJECT = Path(__file__).resolve().parent / "project"
APP = "secretive"
CELERY = (
    "-m", "celery", "--app", "secretive.tasks", "worker", "--pool", "prefork", "--concurrency", "1",
    "--without-gossip", "--without-mingle", "--loglevel", "warning",
)  # fmt: skip


class Secretive:
    """The project on gunicorn and Celery, and a command that holds; its Redis servers."""

    def __init__(self, redis_url: str, broker_url: str) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._children = Children(run_directory("secretive"))
        self.directory = self._children.directory
        self._env = environment(
            self.directory / "runtime",
            API_TOKEN=secret_of("environment"),
            DJANGO_SETTINGS_MODULE="secretive.settings",
            DJSCOPE_APP=APP,
            DJSCOPE_MAX_LEVEL="deep",
            DJSCOPE_REDIS_URL=redis_url,
            PYTHONPATH=str(PROJECT),
            SECRETIVE_BROKER=broker_url,
            SECRETIVE_DIR=str(self.directory),
        )

    def start(self) -> None:
        self._run("migrate", "-m", "django", "migrate", "--verbosity", "0")
        wait_for(lambda: not self._children.alive("migrate"), 60, "migrate")
        self._run("gunicorn", *GUNICORN, "--bind", urlsplit(self.url).netloc, APPLICATION)
        self._run("celery", *CELERY)
        option, password = secret_of("command option"), secret_of("command line")
        words = ("canary_hold", f"--pythonpath=/{option}", "--password", password)
        self._run("hold", "-m", "django", *words)
        self._await("gunicorn", lambda: answers(self.url))
        self._await("celery", (self.directory / "worker.ready").exists)

    def _await(self, name: str, ready: Callable[[], bool]) -> None:
        wait_for(lambda: ready() or not self._children.alive(name), 60, name)
        assert self._children.alive(name), self._children.tail(name)

    def _run(self, name: str, *arguments: str) -> None:
        self._children.start(name, [sys.executable, *arguments], env=self._env)

    def planted(self) -> set[str]:
        return set((self.directory / "planted").read_text().splitlines())

    def close(self) -> None:
        self._children.close()

    # Traffic

    def visit(self) -> None:
        """Everything once: secrets in each part of each request."""
        form = {"Content-Type": "multipart/form-data; boundary=limit"}
        self._send("POST", f"/customer/{secret_of('url path')}/?q={secret_of('url query')}", {
            **form,
            "X-Api-Key": secret_of("header"),
            secret_of("header name"): "x",
            "Authorization": f"Basic {self._basic()}",
            "Cookie": f"token={secret_of('cookie')}",
        }, _multipart())  # fmt: skip
        self._send("POST", "/json/", {}, json.dumps({secret_of("json key"): 1}))
        self._send(secret_of("request method").upper(), "/method/")
        self._send("GET", f"/{secret_of('url unrouted')}")
        for path in (
            "/queries/",
            "/threads/",
            "/waits/",
            "/fails/",
            "/orders/",
            "/loop/",
            "/rules/",
        ):
            self._send("GET", path)

    def _basic(self) -> str:
        return b64encode(f"me:{secret_of('basic auth')}".encode()).decode()

    def _send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        connection.request(method, path, body.encode(), dict(headers or {}))
        connection.getresponse().read()
        connection.close()


def _multipart() -> str:
    def part(name: str, text: str, more: str = "") -> str:
        head = f'Content-Disposition: form-data; name="{name}"{more}'
        return f"--limit\r\n{head}\r\n\r\n{text}\r\n"

    upload = f'; filename="{secret_of("file name")}.png"'
    return (
        part("password", secret_of("form value"))
        + part(secret_of("form key"), "x")
        + part("scan", secret_of("file content"), upload)
        + "--limit--\r\n"
    )
