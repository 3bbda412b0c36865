"""What a fork leaves in the child, and who it is that forks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from djscope_probes import forks

ROOT = Path(__file__).resolve().parents[2]
# A lock of Django's is held by a thread that is not there in the child.
HELD = """
import os, signal, threading, time
import django
from django.conf import settings
settings.configure()
django.setup()
import django.core.handlers.wsgi
from django.core.signals import request_finished
from djscope_probes.arming import Armament

armament = Armament()
armament.arm()
held, over = threading.Event(), threading.Event()
def hold():
    with request_finished.lock:
        held.set()
        over.wait()
thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
if not child:
    print("child", armament.armed, armament.wrapped, request_finished.lock.locked(), flush=True)
    os._exit(0)
deadline = time.monotonic() + 20
while os.waitpid(child, os.WNOHANG) == (0, 0):
    time.sleep(0.05)
    if time.monotonic() > deadline:
        os.kill(child, signal.SIGKILL)
print("parent", armament.armed, armament.wrapped > 10, request_finished.lock.locked())
over.set()
thread.join()
armament.disarm()
"""


def test_a_child_lets_go_at_once_and_waits_for_no_lock() -> None:
    """Every original is back before its first line runs; the parent stays armed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HELD],
        capture_output=True, text=True, timeout=60, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip

    assert done.stdout.splitlines() == ["child False 0 False", "parent True True True"]
    assert done.stderr == ""


def frame_of(*calls: tuple[str, str]) -> FrameType | None:
    """The innermost of frames with these files and names, outermost first."""
    inner: Any = lambda: sys._getframe(1)  # noqa: E731
    for file, name in reversed(calls):
        scope: dict[str, Any] = {"inner": inner}
        exec(compile(f"def {name}(): return inner()", file, "exec"), scope)
        inner = scope[name]
    found: FrameType | None = inner()
    return found


ARBITER = ("/lib/gunicorn/arbiter.py", "spawn_worker")
POOL = ("/lib/celery/concurrency/asynpool.py", "_create_worker_process")
BILLIARD = ("/lib/billiard/popen_fork.py", "_launch")


@pytest.mark.parametrize(
    ("calls", "server"),
    [
        ([ARBITER], forks.GUNICORN),
        ([ARBITER, ("/lib/gevent/os.py", "fork")], forks.GUNICORN),
        ([ARBITER, ("/srv/shop/views.py", "export")], ""),
        ([("/lib/gunicorn/arbiter.py", "reexec")], ""),
        ([POOL, ("/lib/billiard/pool.py", "_create_worker_process"), BILLIARD], forks.CELERY),
        ([POOL, ("/srv/shop/tasks.py", "report"), BILLIARD], ""),
        ([("/srv/shop/tasks.py", "report"), ("/lib/multiprocessing/popen_fork.py", "_launch")], ""),
    ],
)
def test_a_server_that_forks_a_worker_is_told_from_a_worker_that_forks(
    calls: list[tuple[str, str]], server: str
) -> None:
    """By the innermost frame that is not of what it forks with."""
    assert forks.forking(frame_of(*calls)) == server
