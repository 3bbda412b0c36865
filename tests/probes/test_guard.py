"""Our bug never becomes the host's bug; the host's own exceptions are never ours to swallow."""

from __future__ import annotations

import pytest

from djscope_probes.guard import LIMIT, Guard


class SoftTimeLimitExceeded(Exception):
    """Named as billiard's, which a signal handler raises at any bytecode."""


def test_a_failure_is_counted_with_its_place_but_without_its_message() -> None:
    """The message may hold data; the type and line tell enough."""
    guard = Guard("queries")
    try:
        raise KeyError("secret")
    except Exception:
        guard.failed()

    assert guard.failures == 1
    assert guard.last.startswith("KeyError at test_guard.py:")
    assert "secret" not in guard.last


def test_too_many_failures_trip_it() -> None:
    """The instrument has to go before it costs more than it tells."""
    guard = Guard("queries")
    for _ in range(LIMIT):
        assert not guard.tripped
        try:
            raise ValueError
        except Exception:
            guard.failed()

    assert guard.tripped


def test_a_time_limit_of_the_host_passes_through() -> None:
    """Celery's soft time limit may strike inside our code; the task has to see it."""
    guard = Guard("queries")

    with pytest.raises(SoftTimeLimitExceeded):
        try:
            raise SoftTimeLimitExceeded
        except Exception:
            guard.failed()

    assert guard.failures == 0


def test_outside_an_exception_it_does_nothing() -> None:
    """Called by mistake, it must not raise either."""
    guard = Guard("queries")
    guard.failed()

    assert guard.failures == 0
