"""What kind of process is this, and may a thread be started in it?

A pre-fork parent must not: threads do not survive a fork, and from Python 3.12 on one warns of the
other. What is recognised: gunicorn's arbiter with preload, uWSGI's master, Celery's main process,
runserver's reloader. Who turns out to be one later is known when it forks, see `forks`.
"""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from djscope_probes import forks
from djscope_probes.frames import current_frames

# The header under which Celery's main process notes when it received a message.
RECEIVED = "djscope_received"


def command() -> str:
    """The program by name: `gunicorn`, `celery`, `manage.py`, `uvicorn` …"""
    first = sys.argv[0] if sys.argv else ""
    name = os.path.basename(first)
    if name in ("__main__.py", "-m"):
        name = os.path.basename(os.path.dirname(first))
    return name


def is_celery_worker() -> bool:
    return command() == "celery" and "worker" in sys.argv


def kind() -> str:
    """For the process list: `gunicorn`, `uvicorn`, `celery`, `migrate`, `python` …"""
    name = command()
    if name in ("manage.py", "django") or name.startswith("django-admin"):
        # An option there is a mistake, and its value nobody else's business.
        return sys.argv[1] if len(sys.argv) > 1 and sys.argv[1][:1] != "-" else "manage.py"
    return name or "python"


def is_prefork_parent() -> bool:
    """This process will fork the ones that work."""
    if is_celery_worker():
        here = in_celery_child() or (_works_itself() and not _in_main_program())
        return not here
    if "runserver" in sys.argv and "--noreload" not in sys.argv:
        return os.environ.get("RUN_MAIN") != "true"
    return _in_uwsgi_master() or _in_gunicorn_arbiter()


def has_threads() -> bool:
    """uWSGI without `enable-threads` never lets another thread run: there is nothing to start."""
    uwsgi = sys.modules.get("uwsgi")
    if uwsgi is None:
        return True
    options = uwsgi.opt
    return any(
        options.get(name) for name in (b"enable-threads", b"threads", "enable-threads", "threads")
    )


def _in_uwsgi_master() -> bool:
    """The module exists in uWSGI's processes only; without `lazy-apps` the master loads the app."""
    uwsgi = sys.modules.get("uwsgi")
    return uwsgi is not None and uwsgi.worker_id() == 0


def in_celery_child() -> bool:
    """billiard numbers the processes that it forks (billiard/process.py, 4.2)."""
    process = sys.modules.get("billiard.process")
    return process is not None and bool(getattr(process.current_process(), "_identity", ()))


def _works_itself() -> bool:
    """A pool without children: Celery loads the one that it was told to use, before Django."""
    return any(f"celery.concurrency.{pool}" in sys.modules for pool in _POOLS_WITHOUT_CHILDREN)


def _in_main_program() -> bool:
    """Called by what the process was started with, so before its work began."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name in ("<module>", "_run_module_as_main")


def _in_gunicorn_arbiter() -> bool:
    """Whether any thread says so: who comes late comes from a thread of its own."""
    return any(map(_is_arbiters, (sys._getframe(), *current_frames().values())))


def _is_arbiters(frame: FrameType | None) -> bool:
    """Preload sets Django up below `Arbiter.setup`; a worker does so below `spawn_worker`."""
    arbiter = False
    while frame is not None:
        code = frame.f_code
        if code.co_filename.endswith("gunicorn/arbiter.py"):
            if code.co_name == "spawn_worker":
                return False
            arbiter = True
        frame = frame.f_back
    return arbiter


_UID = "djscope_start"
_POOLS_WITHOUT_CHILDREN = ("solo", "thread", "gevent", "eventlet")
# How many tasks a Celery worker's pool runs at once in this very process; None: not a pool's.
pool_size: int | None = None


def start_in_children(start: Callable[[], object], server: str = "") -> None:
    """Call `start` where the work will be done, once it is there. `server`: what is known to fork
    by now, where the command does not say it.
    """
    if server == forks.CELERY or is_celery_worker():
        _start_in_celery(start)
    elif _in_uwsgi_master():
        _start_in_uwsgi(start)
    elif server == forks.GUNICORN or _in_gunicorn_arbiter():
        forks.in_workers(start)


def stay_out_of_children() -> None:
    """The other half; a hook of uWSGI or a fork stays, but `start` is a no-op after `stop`."""
    signals = sys.modules.get("celery.signals")
    if signals is not None:
        signals.worker_process_init.disconnect(dispatch_uid=_UID)
        signals.worker_ready.disconnect(dispatch_uid=_UID)
        signals.task_received.disconnect(dispatch_uid=_UID)


def at_end(call: Callable[..., object]) -> None:
    """Have `call` called when this process ends; billiard's children do so by `os._exit`, which
    `atexit` does not hear. A parent's, inherited by a fork, gives way.
    """
    atexit.register(call)
    signals: Any = sys.modules.get("celery.signals")
    if signals is not None:
        signals.worker_process_shutdown.disconnect(dispatch_uid=_UID)
        signals.worker_process_shutdown.connect(call, weak=False, dispatch_uid=_UID)


def not_at_end(call: Callable[..., object]) -> None:
    """Take that back."""
    atexit.unregister(call)
    signals: Any = sys.modules.get("celery.signals")
    if signals is not None:
        signals.worker_process_shutdown.disconnect(dispatch_uid=_UID)


def _start_in_uwsgi(start: Callable[[], object]) -> None:
    """`os.register_at_fork` is not heard by uWSGI; it calls this hook, which others may use too:
    `uwsgidecorators` puts its own there when it is imported, and calls a list from it.
    """
    uwsgi = sys.modules["uwsgi"]
    before = getattr(uwsgi, "post_fork_hook", None)
    if before is None and getattr(uwsgi, "spooler", None) is None:
        try:
            importlib.import_module("uwsgidecorators")
        except Exception:  # not installed, or uWSGI has no master: nobody will import it
            pass
    chain = getattr(sys.modules.get("uwsgidecorators"), "postfork_chain", None)
    if isinstance(chain, list):
        chain.append(start)
        return

    def post_fork() -> None:
        if before is not None:
            before()
        start()

    uwsgi.post_fork_hook = post_fork  # type: ignore[attr-defined]


def _start_in_celery(start: Callable[[], object]) -> None:
    """A prefork child has `worker_process_init`; other pools work in the main process itself."""
    from celery import signals

    def in_child(**_: Any) -> None:
        start()

    def in_main(sender: Any = None, **_: Any) -> None:
        pool = getattr(sender, "pool", None)
        if pool is not None and not type(pool).__module__.endswith(".prefork"):
            global pool_size
            bounded = type(pool).__module__.endswith((".solo", ".thread"))
            pool_size = int(pool.limit or 1) if bounded else 0
            start()

    signals.worker_process_init.connect(in_child, weak=False, dispatch_uid=_UID)
    signals.worker_ready.connect(in_main, weak=False, dispatch_uid=_UID)
    signals.task_received.connect(stamp, weak=False, dispatch_uid=_UID)


def stamp(request: Any = None, **_: Any) -> None:
    """Note on a message when the worker had it, without which its wait is unknown.

    Always, watched or not: the child that runs the task learns it from the message's headers
    (celery/worker/strategy.py sends the signal before the pool gets them; 5.4 to 5.7).
    """
    try:
        request.request_dict[RECEIVED] = time.time()
    except Exception:  # then the wait stays unknown
        pass
