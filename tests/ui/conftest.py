"""What expected screens rest on: times of day in UTC, findings that no rule decides."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from djscope.model.finding import Finding
from djscope.model.session import Session
from tests.builders import failing, n_plus_one


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def _findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(session: Session, now: float) -> list[Finding]:
        return [failing(), n_plus_one()] if session.routes else []

    monkeypatch.setattr("djscope.ui.facts.find", find)
