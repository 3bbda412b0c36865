"""Threads and locks of the operating system, also where gevent replaced the standard ones.

A monkey-patched background thread gets no turn while a greenlet computes; ours has to.
"""

from __future__ import annotations

import _thread
import sys
from typing import Any


def _original(name: str) -> Any:
    monkey = sys.modules.get("gevent.monkey")
    if monkey is not None and monkey.is_module_patched("threading"):
        return monkey.get_original("_thread", name)
    return getattr(_thread, name)


def start_thread(target: Any) -> None:
    """Run `target` in a thread that neither `threading` nor a debugger's thread list knows."""
    _original("start_new_thread")(target, ())


def lock() -> Any:
    """A lock that blocks the thread, not a greenlet hub."""
    return _original("allocate_lock")()
