"""Replies that no Redis would give: what answers at a port may be anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis


@contextmanager
def sensible() -> Iterator[None]:
    """Around what reads replies: one of another form comes from something that is no Redis."""
    try:
        yield
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        name = type(error).__name__
        raise redis.InvalidResponse(f"Protocol error: {name}: {error}") from error
