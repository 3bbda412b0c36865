"""What a process can say of itself: is every function Django's own, is anything connected?"""

from __future__ import annotations

import _thread
import gc
import os
import sys
from types import FrameType, FunctionType
from typing import Any

from django.apps import AppConfig
from django.core.handlers.base import BaseHandler
from django.urls import get_resolver
from targets import STANDING, connected, found, received

from djscope_probes import arming, hosts, landmarks
from djscope_probes.layers import HOOKS
from djscope_probes.places import cell_of

_ORIGINALS: dict[str, Any] = {}


class StateConfig(AppConfig):
    """Notes the originals before any probe can have started: it stands first in INSTALLED_APPS."""

    name = "quiet.state"
    label = "state"

    def ready(self) -> None:
        _ORIGINALS.update(found(load=True))
        arming.REPORT_NS = int(os.environ.get("QUIET_REPORT_NS", arming.REPORT_NS))
        if hosts.command() != "celery":
            # Else the first request does it, and takes long to have a route.
            assert get_resolver().url_patterns


def state() -> dict[str, Any]:
    """JSON: what is not the original, which receivers are ours, how many threads there are."""
    now = found()
    probe = sys.modules.get("djscope_probes.lifecycle")
    running = getattr(probe, "_running", None)
    every, hooked = links()
    return {
        "pid": os.getpid(),
        "known": len(_ORIGINALS),
        "wrapped": sorted(label for label, it in _ORIGINALS.items() if now[label] is not it),
        "links": every,
        "hooked": hooked,
        "receivers": sorted(connected()),
        "standing": sorted(received(STANDING)),
        "counted": running.armament.wrapped if running is not None else 0,
        "threads": _thread._count(),
        "ours": sum(map(is_ours, sys._current_frames().values())),
    }


def links() -> tuple[int, list[str]]:
    """How many links the built chains of middleware have, and in which there is not what Django put
    there: `functools.wraps` left the original beside the cell. Also items of the lists of hooks.
    """
    codes = landmarks.layers()
    every = [o for o in gc.get_objects() if type(o) is FunctionType and id(o.__code__) in codes]
    wrong = []
    for inner in every:
        cell = cell_of(inner, "get_response")
        if cell.cell_contents is not inner.__wrapped__:  # type: ignore[attr-defined]
            wrong.append(f"cell of {inner.__qualname__}")
    for handler in [o for o in gc.get_objects() if issubclass(type(o), BaseHandler)]:
        for name in HOOKS:
            items = handler.__dict__.get(name) or ()
            wrong += [f"{name}: {item}" for item in items if type(item) is FunctionType]
    return len(every), wrong


def is_ours(frame: FrameType | None) -> bool:
    """Whether a thread is the probe's: by the function that it began with."""
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame is not None and "/djscope_probes/" in frame.f_code.co_filename
