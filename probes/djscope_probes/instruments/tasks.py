"""Celery tasks: runs, retries, failures, by worker and child.

By signals: Celery's tracers hold on to the signals' receiver lists, so that connecting takes effect
in a running worker (celery/app/trace.py, 5.4 to 5.7). A prefork child sees all of these.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from typing import Any

from djscope_probes import landmarks
from djscope_probes.guard import Guard
from djscope_probes.hosts import RECEIVED
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Patches
from djscope_probes.stacks import stack_of_traceback
from djscope_probes.units import TaskUnit, current

UID = "djscope_tasks"


class TasksInstrument:
    """Begins and ends task units."""

    def __init__(self) -> None:
        self.guard = Guard("tasks")
        self.patches = Patches()
        self._ledger = Ledger()

    def arm(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def reach(self) -> None:
        signals = landmarks.loaded("celery.signals")
        if signals is None:
            return
        self.patches.listen(signals.task_prerun, self._on_prerun, UID)
        self.patches.listen(signals.task_postrun, self._on_postrun, UID)
        self.patches.listen(signals.task_failure, self._on_failure, UID)
        self.patches.listen(signals.task_retry, self._on_retry, UID)

    def _on_prerun(self, task_id: str = "", task: Any = None, **_: Any) -> None:
        try:
            unit = TaskUnit(str(task.name), str(task_id))
            describe(unit, task.request)
            unit.wait_us = waited(task.request, time.time())
            self._ledger.begin(unit)
        except Exception:
            self.guard.failed()

    def _on_postrun(self, task_id: str = "", state: Any = "", **_: Any) -> None:
        try:
            unit = self._mine(task_id)
            if unit is not None:
                unit.state = str(state or "")
                self._ledger.end(unit)
        except Exception:
            self.guard.failed()

    def _on_failure(
        self, task_id: str = "", exception: Any = None, traceback: Any = None, **_: Any
    ) -> None:
        try:
            unit = self._mine(task_id)
            if unit is not None:
                unit.fail(type(exception), stack_of_traceback(traceback))
        except Exception:
            self.guard.failed()

    def _on_retry(self, request: Any = None, reason: Any = None, **_: Any) -> None:
        """`reason` is Celery's `Retry`, around the exception that caused it, if one did."""
        try:
            unit = self._mine(str(getattr(request, "id", "")))
            cause = getattr(reason, "exc", None)
            if unit is not None and isinstance(cause, BaseException):
                unit.fail(type(cause), stack_of_traceback(cause.__traceback__))
        except Exception:
            self.guard.failed()

    def _mine(self, task_id: str) -> TaskUnit | None:
        unit = current()
        return unit if isinstance(unit, TaskUnit) and unit.task_id == task_id else None


def describe(unit: TaskUnit, request: Any) -> None:
    """What Celery's request context says besides arguments, which stay where they are."""
    unit.retries = int(request.retries or 0)
    unit.worker = str(request.hostname or "")
    unit.queue = queue_of(request.delivery_info or {})


def queue_of(delivery: dict[str, Any]) -> str:
    """The queue that a message came from, of those that this worker has.

    It is not in the message: a routing key is a queue's name only where nobody routes by topic, and
    may hold anything else. Celery (5.4 to 5.6) keeps queues on the app once a worker consumes.
    """
    key, exchange = (str(delivery.get(name) or "") for name in ("routing_key", "exchange"))
    state = sys.modules.get("celery._state")
    amqp = state.get_current_app().__dict__.get("amqp") if state is not None else None
    queues: dict[str, Any] = (amqp.__dict__.get("queues") or {}) if amqp is not None else {}
    if key in queues:
        return key
    names = [name for name, queue in queues.items() if queue.exchange.name == exchange]
    return names[0] if len(names) == 1 else exchange if queues else ""


def waited(request: Any, started: float) -> int:
    """Microseconds from when the worker had the message, or its ETA was due, to its start.

    Both are of this machine's wall clock. -1 where the worker's main process has no probe.
    """
    since = request.__dict__.get(RECEIVED)
    if type(since) is not float:
        return -1
    eta = request.__dict__.get("eta")
    try:
        since = max(since, datetime.fromisoformat(eta).timestamp()) if eta else since
    except (TypeError, ValueError):  # a custom form of it
        return -1
    return max(int((started - since) * 1e6), 0)
