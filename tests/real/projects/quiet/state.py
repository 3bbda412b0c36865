"""What a process can say of itself: is every function Django's own, is anything connected?"""

from __future__ import annotations

import _thread
import os
import sys
from typing import Any

from django.apps import AppConfig
from targets import connected, found

_ORIGINALS: dict[str, Any] = {}


class StateConfig(AppConfig):
    """Notes the originals before any probe can have started: it stands first in INSTALLED_APPS."""

    name = "quiet.state"
    label = "state"

    def ready(self) -> None:
        _ORIGINALS.update(found(load=True))


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
    }
