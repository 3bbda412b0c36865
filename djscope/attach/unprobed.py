"""Processes of this user's on this machine that look like Django's work and have no probe here.

First of all those that fork the ones with a probe: gunicorn's arbiter, Celery's main process. What
is read of a command line is which program it is; its options are nobody's business.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import PurePath

import psutil

from djscope.attach.local import TOLERANCE_S, is_elsewhere
from djscope.model.processes import ProcessFact, unprobed_fact

# Looking through all processes of a machine costs some 20 ms.
PERIOD_S = 3.0
SERVERS = frozenset(
    {"celery", "daphne", "granian", "gunicorn", "hypercorn", "uvicorn", "uwsgi", "waitress-serve"}
)
MANAGE = frozenset({"manage.py", "django", "django-admin", "django-admin.py"})
OURS = frozenset({"djscope", "keeper.py"})
# With setproctitle, a command line is a text: `gunicorn: master [shop]`, `[celeryd: …] (worker)`.
TITLES = {"gunicorn: ": "gunicorn", "[celeryd: ": "celery", "[celery beat": "celery"}
INTERPRETERS = ("python", "uwsgi")
# Options of Python's that take the next word.
WITH_VALUE = frozenset({"-X", "-W"})


class Unprobed:
    """`beside` answers at once with what was found last, and has a thread look again."""

    def __init__(self) -> None:
        self._found: list[ProcessFact] = []
        self._looked = float("-inf")
        self._thread: threading.Thread | None = None

    def beside(self, probed: Iterable[ProcessFact]) -> Sequence[ProcessFact]:
        """Those that are not among `probed`."""
        here = {each.pid: each for each in probed if not is_elsewhere(each)}
        looking = self._thread is not None and self._thread.is_alive()
        if not looking and time.monotonic() - self._looked > PERIOD_S:
            self._looked = time.monotonic()
            self._thread = threading.Thread(
                target=self._look, args=(here,), name="djscope-unprobed", daemon=True
            )
            self._thread.start()
        return [each for each in self._found if not is_probed(each, here)]

    def _look(self, here: dict[int, ProcessFact]) -> None:
        self._found = unprobed(here)


def unprobed(here: dict[int, ProcessFact]) -> list[ProcessFact]:
    """By looking at each process; `here` has the probed ones of this machine by their pids."""
    own, host, found = os.geteuid(), os.uname().nodename, []
    processes = {each.pid: each for each in psutil.process_iter(["ppid", "uids"])}
    forks: dict[int, list[str]] = {}
    for pid, fact in here.items():
        if pid in processes:
            forks.setdefault(processes[pid].info["ppid"], []).append(fact.name)
    for pid, process in processes.items():
        uids = process.info["uids"]
        if uids is None or uids.effective != own or pid == os.getpid():
            continue
        try:
            kind = kind_of(process.cmdline(), parent=pid in forks)
            if kind and is_python(process):
                started, names = process.create_time(), tuple(sorted(forks.get(pid, ())))
                fact = unprobed_fact(host, pid, started, kind, names)
                if not is_probed(fact, here):
                    found.append(fact)
        except (psutil.Error, OSError):
            continue  # it ended meanwhile, or hides
    return found


def is_probed(process: ProcessFact, here: dict[int, ProcessFact]) -> bool:
    """A probe starts after its process did; an older one had the pid before."""
    known = here.get(process.pid)
    return known is not None and process.started <= known.started + TOLERANCE_S


def is_python(process: psutil.Process) -> bool:
    """By its program file, whatever it calls itself."""
    return PurePath(process.exe()).name.startswith(INTERPRETERS)


def kind_of(words: Sequence[str], *, parent: bool = False) -> str:
    """`gunicorn`, `celery`, `runserver`; empty for what is something else, unless it is the parent
    of one with a probe: then by its program.
    """
    for title, kind in TITLES.items():
        if words and words[0].startswith(title):
            return kind
    name, *arguments = program(words)
    if name in MANAGE:
        return next((word for word in arguments[:1] if word[:1] != "-"), name)
    wanted = name in SERVERS or (parent and name not in OURS)
    return name if wanted else ""


def program(words: Sequence[str]) -> list[str]:
    """What runs, as a name, and its arguments: of a script, of a module with `-m`, or by itself."""
    rest = list(words)
    if rest and PurePath(rest[0]).name.startswith("python"):
        del rest[0]
        while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
            del rest[: 2 if rest[0] in WITH_VALUE else 1]
        if rest[:1] == ["-c"]:
            return ["python"]
        if rest[:1] == ["-m"]:
            return [rest[1].partition(".")[0], *rest[2:]] if rest[1:] else ["python"]
    if not rest:
        return ["python"]
    path = PurePath(rest[0])
    return [path.parent.name if path.name == "__main__.py" else path.name, *rest[1:]]
