"""The one kind of error that a person sees: a sentence with cause and remedy, and an exit code."""

from __future__ import annotations

OK, FINDINGS, USAGE, NOTHING, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130


class DjscopeError(Exception):
    """Printed once, without a traceback, by `cli.main`."""

    exit_code = INTERNAL


class UsageError(DjscopeError):
    """Asked for something that cannot be done that way."""

    exit_code = USAGE


class NothingSeenError(DjscopeError):
    """No process answered, nothing was seen, or Redis cannot be reached."""

    exit_code = NOTHING
