"""Threads and locks of the operating system, also where gevent replaced the standard ones.

A monkey-patched background thread gets no turn while a greenlet computes; ours has to.
"""

from __future__ import annotations

import _thread
import sys
from typing import Any


def replaced() -> bool:
    """Whether this process's threads and locks are gevent's."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and bool(monkey.is_module_patched("threading"))


def _original(name: str) -> Any:
    if replaced():
        return sys.modules["gevent.monkey"].get_original("_thread", name)
    return getattr(_thread, name)


def start_thread(target: Any) -> None:
    """Run `target` in a thread that neither `threading` nor a debugger's thread list knows."""
    _original("start_new_thread")(target, ())


def lock() -> Any:
    """A lock that blocks the thread, not a greenlet hub."""
    return _original("allocate_lock")()


def thread_id() -> int:
    """The calling thread's, not a greenlet's."""
    return int(_original("get_ident")())
