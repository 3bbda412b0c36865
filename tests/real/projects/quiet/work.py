"""Tasks that end at once, and one that hangs until it is let go."""

from __future__ import annotations

import json
import time

from django.conf import settings
from django.db import connection

from quiet import probes
from quiet.state import state
from quiet.worker import app


@app.task
def report_state(name: str) -> None:
    """The worker's child says what is wrapped in it."""
    say(name, state())


def say(name: str, said: object) -> None:
    """JSON in a file that is there as a whole or not at all."""
    draft = settings.RUN_DIR / f"{name}.part"
    draft.write_text(json.dumps(said))
    draft.replace(settings.RUN_DIR / name)


@app.task
def each(name: str, verb: str) -> None:
    """Something to do in each process, see `quiet.probes`."""
    say(name, probes.do(verb))


@app.task
def counted(name: str, await_armed: str = "") -> None:
    """Told in full, see tests/real/lives.py."""
    began = time.monotonic()
    if await_armed:
        probes.await_armed(await_armed == "late")
    with connection.cursor() as cursor:
        for number in range(12):
            cursor.execute("SELECT %s", [number])
    done("counted", began)


@app.task
def work(name: str) -> None:
    """Load in the background."""
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    done("work", began)


def done(what: str, began: float) -> None:
    """A line in the log of what was done: the task's name, its begin, its end."""
    with (settings.RUN_DIR / "done").open("a") as log:
        log.write(f"{what} {began} {time.monotonic()}\n")


@app.task
def hang(name: str) -> str:
    """Stands at the marked line until somebody writes to the FIFO."""
    gate = settings.RUN_DIR / name
    (settings.RUN_DIR / f"{name}.since").write_text(str(time.time()))
    return gate.read_text()  # hangs: task
