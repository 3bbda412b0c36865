"""What a process can say of itself: is every function Django's own, is anything connected?"""

from __future__ import annotations

import _thread
import os
import sys
from types import FrameType
from typing import Any

from django.apps import AppConfig
from django.urls import get_resolver
from targets import connected, found

from djscope_probes import hosts

_ORIGINALS: dict[str, Any] = {}


class StateConfig(AppConfig):
    """Notes the originals before any probe can have started: it stands first in INSTALLED_APPS."""

    name = "quiet.state"
    label = "state"

    def ready(self) -> None:
        _ORIGINALS.update(found(load=True))
        if hosts.command() != "celery":
            # Else the first request does it, and takes long to have a route.
            assert get_resolver().url_patterns


def state() -> dict[str, Any]:
    """JSON: what is not the original, which receivers are ours, how many threads there are."""
    now = found()
    probe = sys.modules.get("djscope_probes.lifecycle")
    running = getattr(probe, "_running", None)
    return {
        "pid": os.getpid(),
        "known": len(_ORIGINALS),
        "wrapped": sorted(label for label, it in _ORIGINALS.items() if now[label] is not it),
        "receivers": sorted(connected()),
        "counted": running.armament.wrapped if running is not None else 0,
        "threads": _thread._count(),
        "ours": sum(map(is_ours, sys._current_frames().values())),
    }


def is_ours(frame: FrameType | None) -> bool:
    """Whether a thread is the probe's: by the function that it began with."""
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return frame is not None and "/djscope_probes/" in frame.f_code.co_filename
