"""Saying in the host's own log who watches: the host has a right to know."""

from __future__ import annotations

import logging
import os
import sys
from _thread import get_ident
from typing import Any

from djscope_probes import native
from djscope_probes.guard import Guard
from djscope_probes.wire import Lease

MAX_WHO = 200


class HostLog:
    """Lines for the host's log, said one after the other in a thread that lives as long as it
    takes: a log that blocks, as where its lock is held by who hangs, blocks nothing of ours.

    Bounded: one is being said, and the latest of the others waits.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._turn = native.lock()
        self._waiting = ""
        self._speaking = False
        self._quiet = native.lock()

    def say(self, sentence: str) -> None:
        """Soon; where no thread can be started, with the next one or by `rest`."""
        with self._turn:
            self._waiting = sentence
            if self._speaking:
                return
            self._speaking = True
            self._quiet.acquire()
        try:
            native.start_thread(self._speak)
        except RuntimeError:
            self._hush()

    def settle(self, within: float) -> None:
        """Wait until all is said, or `within` seconds."""
        if self._quiet.acquire(True, within):
            self._quiet.release()

    def rest(self) -> None:
        """The probe's thread ends, and may wait: an interpreter that is taken down starts no
        threads (CPython 3.12).
        """
        if not self._speaking and self._waiting:
            self._say(self._waiting)

    def _speak(self) -> None:
        while sentence := self._next():
            self._say(sentence)

    def _next(self) -> str:
        with self._turn:
            sentence, self._waiting = self._waiting, ""
            if not sentence:
                self._hush()
            return sentence

    def _hush(self) -> None:
        self._speaking = False
        self._quiet.release()

    def _say(self, sentence: str) -> None:
        try:
            log(sentence)
        except Exception:
            self._guard.failed()


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
    try:
        logging.getLogger("djscope").warning("djscope: %s", sentence)
    finally:
        threads: Any = sys.modules.get("threading")
        mine = threads._active.get(get_ident()) if threads is not None else None
        if isinstance(mine, getattr(threads, "_DummyThread", ())):
            threads._active.pop(get_ident(), None)
