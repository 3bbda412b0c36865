"""How many units this process can work on at once, where its server bounds that.

0 where it does not (an event loop, greenlets), or where we cannot know.
"""

from __future__ import annotations

import sys
from typing import Any

from djscope_probes import hosts
from djscope_probes.coroutines import outwards
from djscope_probes.frames import current_frames


def units_at_once() -> int:
    """Asked once per arm, from the probe's thread."""
    if hosts.pool_size is not None:
        return hosts.pool_size
    if hosts.in_celery_child():
        return 1
    uwsgi: Any = sys.modules.get("uwsgi")
    if uwsgi is not None:
        threads = uwsgi.opt.get("threads") or uwsgi.opt.get(b"threads") or 1
        return int(threads)
    return _of_gunicorn_worker()


def _of_gunicorn_worker() -> int:
    """`Arbiter.spawn_worker` is on the main thread's stack, with the worker and its settings."""
    if "gunicorn.arbiter" not in sys.modules:
        return 0
    for top in current_frames().values():
        for frame in outwards(top):
            code = frame.f_code
            if code.co_name == "spawn_worker" and code.co_filename.endswith("gunicorn/arbiter.py"):
                return _of_worker(frame.f_locals.get("worker"))
    return 0


def _of_worker(worker: Any) -> int:
    module = type(worker).__module__
    if module == "gunicorn.workers.sync":
        return 1
    return int(worker.cfg.threads) if module == "gunicorn.workers.gthread" else 0
