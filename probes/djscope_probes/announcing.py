"""Saying in the host's own log who watches: the host has a right to know."""

from __future__ import annotations

import logging
import os
import sys
from _thread import get_ident
from typing import Any

from djscope_probes import native
from djscope_probes.wire import Lease

MAX_WHO = 200


def watched_by(leases: list[Lease]) -> str:
    """`me@laptop`, or several; what another program wrote there must not break a log's lines."""
    names = ", ".join(sorted({lease.who for lease in leases}))
    return "".join(c if c.isprintable() else "?" for c in names)[:MAX_WHO]


def log(sentence: str) -> None:
    """One line at WARNING, which is shown without any configuration: so it says who speaks.

    In a thread that `threading` does not know, logging leaves a dummy entry behind (CPython up to
    3.12). gevent's locks, which handlers have then, are not for this thread: straight to stderr.
    """
    if native.replaced():
        os.write(2, f"djscope: {sentence}\n".encode("utf-8", "replace"))
        return
    logging.getLogger("djscope").warning("djscope: %s", sentence)
    threads: Any = sys.modules.get("threading")
    mine = threads._active.get(get_ident()) if threads is not None else None
    if isinstance(mine, getattr(threads, "_DummyThread", ())):
        threads._active.pop(get_ident(), None)
