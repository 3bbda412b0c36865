"""Forks of this process: what every child lets go of, and which ones are a server's workers.

What `os.register_at_fork` has cannot be taken back: there is one hook before a fork and one in the
child, and they do what is asked of them by then. uWSGI calls neither.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType

GUNICORN, CELERY = "gunicorn", "celery"
# May stand between a server and `os.fork`; billiard, which Celery forks by, has no other users.
_BETWEEN = ("/djscope_probes/", "/billiard/", "/gevent/")

_registered = False
_before: Callable[[str], object] | None = None
_in_worker: Callable[[], object] | None = None
_to_let_go: dict[Callable[[], object], None] = {}


def before_workers(call: Callable[[str], object]) -> None:
    """Before a server forks a worker, call this in the parent with the server's name."""
    global _before
    _before = call
    _register()


def in_workers(call: Callable[[], object]) -> None:
    """In each worker that gunicorn forks, call this."""
    global _in_worker
    _in_worker = call
    _register()


def in_children(let_go: Callable[[], object]) -> None:
    """In every child, whoever forks it, call this first: at once, it may be about to exec."""
    _to_let_go[let_go] = None
    _register()


def not_in_children(let_go: Callable[[], object]) -> None:
    """Take that back."""
    _to_let_go.pop(let_go, None)


def _register() -> None:
    global _registered
    if not _registered:
        _registered = True
        os.register_at_fork(before=_parent, after_in_child=_child)


def _parent() -> None:
    try:
        server = forking(sys._getframe(1)) if _before is not None else ""
        if server and _before is not None:
            _before(server)
    except Exception:  # then it forks with us in it
        pass


def _child() -> None:
    for let_go in list(_to_let_go):
        try:
            let_go()
        except Exception:  # the first request or task tries again
            pass
    try:
        if _in_worker is not None and forking(sys._getframe(1)) == GUNICORN:
            _in_worker()
    except Exception:  # then this one is not watched
        pass


def forking(frame: FrameType | None) -> str:
    """The server that forks a worker of its own at this frame; empty for whatever else forks, such
    as a worker (gunicorn 20 to 27, Celery 5.4 to 5.7 by billiard's pool).
    """
    while frame is not None and any(each in frame.f_code.co_filename for each in _BETWEEN):
        frame = frame.f_back
    if frame is None:
        return ""
    file, name = frame.f_code.co_filename, frame.f_code.co_name
    if file.endswith("/gunicorn/arbiter.py") and name == "spawn_worker":
        return GUNICORN
    return CELERY if "/celery/concurrency/" in file else ""
