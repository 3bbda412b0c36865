"""One probe per process, whichever copy of this package it came from: a marker in `sys.modules`.

An installed package and one that was injected are different modules to Python; the marker is what
both find. After a fork the parent's does not count.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from djscope_probes import __version__
from djscope_probes.wire import WIRE_VERSION

NAME = "_djscope_probe"


def move_in(app: str, visit: Callable[[str], str]) -> None:
    """This copy's probe runs here now; `visit` sends it to another Redis, or says why not."""
    marker: Any = ModuleType(NAME, "A djscope probe runs in this process.")
    marker.pid, marker.version, marker.wire = os.getpid(), __version__, WIRE_VERSION
    marker.app, marker.visit = app, visit
    sys.modules[NAME] = marker


def move_out() -> None:
    """It is gone."""
    sys.modules.pop(NAME, None)


def resident() -> Any | None:
    """The marker of the probe that runs in this very process, if one does."""
    marker: Any = sys.modules.get(NAME)
    return marker if getattr(marker, "pid", None) == os.getpid() else None
