"""This project's settings, and middleware that does not sleep."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from tests.probes.chain.served import (
    project,
)


@pytest.fixture(autouse=True)
def settings(shop: None, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    # A failure that was logged holds on to asgiref's threads.
    caplog.set_level(logging.CRITICAL + 1, logger="django.request")
    with project():
        yield
    gc.collect()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing sleeps but the view."""
    from tests.probes.chain import middleware

    monkeypatch.setattr(middleware, "SLEEPS", dict.fromkeys(middleware.SLEEPS, 0))
    for name in ("PROCESS_VIEW_MS", "TEMPLATE_RESPONSE_MS", "EXCEPTION_MS"):
        monkeypatch.setattr(middleware, name, 0)
