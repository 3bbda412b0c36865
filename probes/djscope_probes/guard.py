"""Our bug never becomes the host's bug: failures are swallowed, counted, and end the instrument."""

from __future__ import annotations

import sys
from types import TracebackType

# After this many failures an instrument is switched off for the rest of the process's life.
LIMIT = 10
# Raised by a signal handler at any bytecode, so also inside our own code, yet meant for the host.
_FOR_THE_HOST = frozenset({"SoftTimeLimitExceeded"})


class Guard:
    """Counts what went wrong in one instrument.

    Used as `try: … except Exception: guard.failed()`, which costs nothing while all goes well.
    """

    __slots__ = ("failures", "last", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.failures = 0
        self.last = ""

    @property
    def tripped(self) -> bool:
        """Too many failures: the instrument has to go."""
        return self.failures >= LIMIT

    def failed(self) -> None:
        """Call in an `except` block. Re-raises what only passes through our code to the host."""
        kind, error, trace = sys.exc_info()
        if kind is None or error is None:
            return
        if kind.__name__ in _FOR_THE_HOST or from_a_signal(trace):
            raise error
        self.failures += 1
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = trace.tb_lineno if trace is not None else 0
        file = trace.tb_frame.f_code.co_filename if trace is not None else ""
        self.last = f"{kind.__name__} at {file.rpartition('/')[2]}:{line}"


def from_a_signal(trace: TracebackType | None) -> bool:
    """Whether a signal handler of the host's raised this, which strikes at any bytecode.

    A host that sets itself an alarm waits for its exception; swallowed, the host would hang.
    """
    signals = sys.modules.get("_signal")
    if signals is None:
        return False
    handlers = {handler_code(signals.getsignal(number)) for number in signals.valid_signals()}
    while trace is not None:
        if trace.tb_frame.f_code in handlers:
            return True
        trace = trace.tb_next
    return False


def handler_code(handler: object) -> object:
    """The code of a function or method, beneath `functools.partial`; None for what has none."""
    handler = getattr(handler, "func", handler)
    handler = getattr(handler, "__func__", handler)
    return getattr(handler, "__code__", None)
