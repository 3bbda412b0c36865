"""A process that starts while somebody watches: armed before its handlers are loaded."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demo.runner import DEMO
from djscope.feed.embedded import free_port, start_embedded
from djscope.watch import Watch
from tests.real.tools import environment, get, started, wait_for

pytestmark = pytest.mark.real


def test_runserver_started_under_a_viewer_is_recorded(tmp_path: Path) -> None:
    """`manage.py runserver` loads its handlers after Django is set up: the laptop's loop."""
    with start_embedded() as server:
        env = environment(
            tmp_path / "run",
            DJANGO_SETTINGS_MODULE="shop_site.settings",
            DJSCOPE_APP="late",
            DJSCOPE_DEMO_DIR=str(tmp_path),
            DJSCOPE_REDIS_URL=server.url,
            PYTHONPATH=str(DEMO),
        )
        with started(sys.executable, "-m", "django", "prepare", env=env) as prepared:
            assert prepared.wait(30) == 0
        watch = Watch(server.url, "late")
        watch.start()
        port = str(free_port())
        url = f"http://127.0.0.1:{port}"
        try:
            command = ("-m", "django", "runserver", port, "--noreload")
            with started(sys.executable, *command, env=env):
                wait_for(lambda: serves(url), 40, "runserver")
                wait_for(lambda: recorded(watch, url), what="the record of a request")
                wait_for(lambda: "runserver" in kinds(watch), what="its announcement")
        finally:
            watch.stop()


def serves(url: str) -> bool:
    try:
        return get(url, "/healthy/list/")[0] == 200
    except OSError:
        return False


def kinds(watch: Watch) -> set[str]:
    with watch.lock:
        return {process.kind for process in watch.session.processes.values()}


def recorded(watch: Watch, url: str) -> bool:
    """Ask once more, and look whether any was seen."""
    get(url, "/healthy/list/")
    with watch.lock:
        return any(route.n for route in watch.session.routes.values())
