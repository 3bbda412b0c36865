"""The recording of a test's calls: whose units they are, what is put back, what is bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from djscope_probes import calls
from djscope_probes.recording import CallRecording, Told
from tests.real.leaks import patches

HERE = __file__


def role(file: str, function: str) -> str:
    """This file is the test; functions named for it are the application, or arrange."""
    name = function.rpartition(".")[2]
    if file != HERE or name.startswith("app_"):
        return ""
    return "arranging" if name.startswith("arrange_") else "test"


def app_query() -> None:
    from shop.models import Book

    Book.objects.count()


def arrange_rows() -> None:
    app_query()


def recorded(work: Callable[[], object]) -> Told:
    recording = CallRecording(role)
    recording.begin()
    try:
        work()
    finally:
        told = recording.end()
    return told


@pytest.fixture
def client(shop: None) -> Iterator[object]:
    from django.db import connections
    from django.test import Client

    yield Client()
    connections.close_all()


def test_each_line_that_calls_is_a_unit(client: object) -> None:
    """With the way there: this file's lines, innermost first."""

    def work() -> None:
        app_query()
        for _ in range(3):
            app_query()

    told = recorded(work)
    first, second = told.calls

    assert len(told.events) == 2
    assert {place[0] for place in (*first, *second)} == {HERE}
    assert second[0][1] - first[0][1] == 2


def test_what_arranges_and_other_threads_are_not_of_it(client: object) -> None:
    """Nor what the test queries by itself."""
    from django.db import connections

    from shop.models import Book

    def elsewhere() -> None:
        arrange_rows()
        connections.close_all()

    def work() -> None:
        arrange_rows()
        Book.objects.count()
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    assert recorded(work).events == []


def test_requests_of_the_test_client_are_units(client: object) -> None:
    """Each for itself, by its route."""

    def work() -> None:
        for _ in range(3):
            client.get("/n_plus_one/", headers={"host": "localhost"})  # type: ignore[attr-defined]

    told = recorded(work)

    assert len(told.events) == 3
    assert all(event.startswith('["request"') for event in told.events)


def test_the_originals_are_back(client: object) -> None:
    """Also after a test that failed, and of the test client."""
    from django.test import client as module

    before = patches(), module.ClientHandler.__call__, module.AsyncClientHandler.__call__
    with pytest.raises(KeyError):
        recorded(lambda: {}["x"])

    assert before == (
        patches(), module.ClientHandler.__call__, module.AsyncClientHandler.__call__,
    )  # fmt: skip


def test_more_calls_than_that_are_not_kept(
    client: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A generated test, say, of thousands of lines."""
    monkeypatch.setattr(calls, "MAX_CALLS", 5)
    lines = "\n".join("    app_query()" for _ in range(9))
    names = {"app_query": app_query}
    exec(compile(f"def generated():\n{lines}\n", HERE, "exec"), names)

    assert len(recorded(names["generated"]).events) == 5


def test_a_role_that_fails_does_not_fail_the_test(client: object) -> None:
    """Our bug, swallowed and counted."""

    def broken(file: str, function: str) -> str:
        raise LookupError(file, function)

    recording = CallRecording(broken)
    recording.begin()
    app_query()

    assert recording.end().events == []
