"""Units as frames tell them: which request, task or command this is, and since when."""

from __future__ import annotations

import time
from datetime import datetime
from types import FrameType
from typing import Any, TypeVar

from djscope_probes.clock import now_ns
from djscope_probes.coroutines import outwards
from djscope_probes.instruments.requests import name_request
from djscope_probes.instruments.tasks import describe
from djscope_probes.instruments.work import SERVERS, command_name
from djscope_probes.units import CommandUnit, RequestUnit, TaskUnit, Unit

_U = TypeVar("_U", bound=Unit)


def request_in(frame: FrameType, protocol: str) -> RequestUnit:
    """The request that a frame of `BaseHandler.get_response[_async]` is about."""
    request = frame.f_locals.get("request")
    unit = RequestUnit(protocol, str(request.__dict__.get("method") or ""))
    name_request(unit, request)
    server = _local(frame, "handle_request", "request_start")
    age = None
    if isinstance(server, datetime):  # gunicorn's sync and gthread workers note it, naively
        age = (datetime.now() - server).total_seconds()  # noqa: DTZ005
    return _adopted(unit, age)


def task_in(frame: FrameType) -> TaskUnit:
    """The run that a frame of Celery's `trace_task` is about."""
    local = frame.f_locals
    context = local.get("task_request")
    unit = TaskUnit(str(local["task"].name), str(getattr(context, "id", "") or local.get("uuid")))
    if context is not None:
        describe(unit, context)
    began = local.get("time_start")
    return _adopted(unit, time.monotonic() - began if isinstance(began, float) else None)


def command_in(frame: FrameType) -> CommandUnit | None:
    """The command that a frame of `BaseCommand.execute` is about, unless it serves others."""
    name = command_name(frame.f_locals.get("self"))
    return None if name in SERVERS else _adopted(CommandUnit(name), None)


def _adopted(unit: _U, age: float | None) -> _U:
    unit.adopted, unit.cpu_ns, unit.thread = True, -1, 0
    if age is None or age < 0:
        unit.exact_start = False
        return unit
    unit.began_ns = now_ns() - int(age * 1e9)
    return unit


def _local(frame: FrameType, function: str, name: str) -> Any:
    """A local variable of the nearest caller with that function name."""
    for outer in outwards(frame):
        if outer.f_code.co_name == function:
            return outer.f_locals.get(name)
    return None
