"""Contexts in which a capture runs, and what becomes of its verdicts."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field, replace
from itertools import count

from django.conf import settings

from djscope.model.queries import QueryKey
from djscope.model.thresholds import Thresholds
from djscope.testing import Capture, capture
from zeal.allowing import AllowListEntry, allows, validate
from zeal.errors import NPlusOneError, UnusedIgnoreError
from zeal.signals import nplusone_detected
from zeal.verdicts import Verdict, verdicts

__all__ = ["AllowListEntry", "n_plus_one_listener", "zeal_context", "zeal_ignore"]


@dataclass(eq=False)
class Scope:
    """One `zeal_ignore`: its entries, whether anything looked meanwhile, and found them in use."""

    entries: list[AllowListEntry]
    looked: bool
    used: bool = False


@dataclass
class Context:
    """`seen`: queries of each kind that were looked at already; what ignores shares it."""

    capture: Capture | None = None
    scopes: list[Scope] = field(default_factory=list)
    seen: dict[QueryKey, int] = field(default_factory=dict)

    @property
    def allowlist(self) -> list[AllowListEntry]:
        return [entry for scope in self.scopes for entry in scope.entries]


# Queries of an inner context are kinds of their own to the outer one.
_numbers = count(1)
_nplusone_context: ContextVar[Context] = ContextVar("nplusone", default=Context())  # noqa: B039


class Listener:
    """Who sends the signal."""


n_plus_one_listener = Listener()


def setup() -> Token[Context]:
    validate(getattr(settings, "ZEAL_ALLOWLIST", []))
    scopes = _nplusone_context.get().scopes
    for scope in scopes:
        scope.looked = True
    found = capture(f"zeal {next(_numbers)}")
    found.__enter__()
    return _nplusone_context.set(Context(found, scopes))


def teardown(token: Token[Context]) -> None:
    found = _nplusone_context.get().capture
    assert found is not None
    found.__exit__(None, None, None)
    _nplusone_context.reset(token)
    outer = _nplusone_context.get()
    if outer.capture is not None:
        # Ours are the outer capture's, too; for zeal each context is alone.
        outer.capture.so_far()
        note(outer)


@contextmanager
def zeal_context() -> Iterator[None]:
    token = setup()
    try:
        yield
    finally:
        teardown(token)


@contextmanager
def zeal_ignore(allowlist: list[AllowListEntry] | None = None) -> Iterator[None]:
    outer = _nplusone_context.get()
    if allowlist is not None and outer.capture is not None:
        validate(allowlist)
    entries = allowlist or [AllowListEntry(model="*", field="*")]
    scope = Scope(entries, outer.capture is not None)
    token = _nplusone_context.set(replace(outer, scopes=[*outer.scopes, scope]))
    try:
        yield
    finally:
        _nplusone_context.reset(token)
    checked = getattr(settings, "ZEAL_CHECK_UNUSED_IGNORES", False)
    if checked and scope.looked and not scope.used:
        message = "zeal_ignore() did not suppress any N+1 queries"
        if getattr(settings, "ZEAL_RAISE", True):
            raise UnusedIgnoreError(message)
        warnings.warn(message, UserWarning, stacklevel=3)


def note(context: Context) -> None:
    """What was asked so far needs no second look."""
    assert context.capture is not None
    stats = context.capture.session.queries.stats.values()
    context.seen.update((stat.key, stat.n) for stat in stats)


def look() -> None:
    """Ask the capture for its verdicts; speak up about those that the last query adds to."""
    context = _nplusone_context.get()
    if context.capture is None:
        return
    least = getattr(settings, "ZEAL_NPLUSONE_THRESHOLD", 2)
    fresh: list[Verdict] = []
    context.capture.session.thresholds = Thresholds(least, least, least)
    for verdict in list(verdicts(context.capture)):
        more = verdict.stat.n > context.seen.get(verdict.stat.key, 0)
        if more and not is_allowed(verdict, context):
            fresh.append(verdict)
    note(context)
    for verdict in fresh:
        alert(verdict)


def is_allowed(verdict: Verdict, context: Context) -> bool:
    """The first to allow it owns the suppression: the settings, then the outermost scope."""
    for entry in getattr(settings, "ZEAL_ALLOWLIST", []):
        if allows(entry, verdict.model, verdict.field):
            return True
    for scope in context.scopes:
        if any(allows(entry, verdict.model, verdict.field) for entry in scope.entries):
            scope.used = True
            return True
    return False


def alert(verdict: Verdict) -> None:
    where = verdict.where
    message = f"N+1 detected on {verdict.model._meta.label}.{verdict.field}"
    if getattr(settings, "ZEAL_SHOW_ALL_CALLERS", False):
        told = f"{message} with calls:\n"
        for number, call in enumerate(verdict.calls, 1):
            told += f"CALL {number}:\n"
            told += "".join(f"  {at.file}:{at.line} in {at.function}\n" for at in call)
    else:
        told = f"{message} at {where.file}:{where.line} in {where.function}"
    if getattr(settings, "ZEAL_RAISE", True):
        raise NPlusOneError(told)
    warnings.warn_explicit(told, UserWarning, filename=where.file, lineno=where.line)
    nplusone_detected.send(sender=n_plus_one_listener, exception=NPlusOneError(message))
