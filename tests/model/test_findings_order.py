"""Which middleware has to stand before which: what is documented is said, and nothing else."""

from __future__ import annotations

import pytest

from djscope.model.definitions import Layer
from djscope.model.findings.order import (
    CONDITIONAL,
    FETCH_CACHE,
    GZIP,
    SECURITY,
    SESSION,
    UPDATE_CACHE,
    WHITENOISE,
    misplaced,
)

SLOW = "shop.middleware.Slow"


@pytest.mark.parametrize(
    ("names", "of", "said"),
    [
        ([GZIP, UPDATE_CACHE], GZIP, "UpdateCacheMiddleware has to stand before GZipMiddleware"),
        ([CONDITIONAL, GZIP], GZIP, "GZipMiddleware has to stand before ConditionalGetMiddleware"),
        (
            [FETCH_CACHE, SESSION],
            SESSION,
            "SessionMiddleware has to stand before FetchFromCacheMiddleware",
        ),
        ([SECURITY, SLOW, WHITENOISE], SLOW, "right after SecurityMiddleware"),
    ],
)
def test_order_is_said_where_it_is_documented(names: list[str], of: str, said: str) -> None:
    """And where it is right nothing is."""
    layers = [Layer(name, "call", "sync", "both", "", None) for name in names]

    assert any(said in advice.text for advice in misplaced(layers, of))
    assert misplaced(layers[::-1], of) == []
    assert misplaced(layers, "shop.middleware.Other") == []


def test_security_before_whitenoise_is_right() -> None:
    """It is the one that belongs there."""
    layers = [Layer(name, "call", "sync", "both", "", None) for name in (SECURITY, WHITENOISE)]

    assert misplaced(layers, SECURITY) == []
