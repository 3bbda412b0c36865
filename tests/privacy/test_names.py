"""Names that come from outside: methods, tasks' ids, commands. What is not known is not told."""

from __future__ import annotations

import sys
import threading
import uuid

import pytest

from djscope_probes import hosts
from djscope_probes.told import told_id, told_method, told_thread


def test_celery_s_own_ids_are_told() -> None:
    """People look for them in logs."""
    task_id = str(uuid.uuid4())

    assert told_id(task_id) == task_id


@pytest.mark.parametrize("task_id", ["order-4711", "alice@example.org", "", "e" * 35, "x" * 36])
def test_ids_of_the_application_are_told_as_a_hash(task_id: str) -> None:
    """The same in this process each time; in another one it would be another."""
    assert told_id(task_id).startswith("hash:")
    assert told_id(task_id) == told_id(task_id)
    assert told_id(task_id) != told_id(task_id + "1")


@pytest.mark.parametrize(
    ("method", "told"), [("GET", "GET"), ("PROPFIND", "PROPFIND"), ("SECRET", "(other)"), ("", "")]
)
def test_methods_that_nobody_knows_are_not_told(method: str, told: str) -> None:
    """A client may send any word."""
    assert told_method(method) == told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (name, name)
        for name in (
            "MainThread", "Thread-12", "Thread-3 (serve_forever)", "Dummy-1", "Task-77",
            "ThreadPoolExecutor-0_3", "asyncio_0", threading.current_thread().name,
        )
    ]
    + [
        (name, "(named by the application)")
        for name in ("customer 4711", "Thread-1 (secret word)", "Task-x", "import of alice", "")
    ],
)  # fmt: skip
def test_names_of_threads_are_told_as_libraries_give_them(name: str, told: str) -> None:
    """An application may name one after whom it works for."""
    assert told_thread(name) == told


@pytest.mark.parametrize(
    ("argv", "kind"),
    [
        (["manage.py", "migrate", "--password", "secret"], "migrate"),
        (["manage.py", "--password=secret", "migrate"], "manage.py"),
        (["/srv/app/manage.py"], "manage.py"),
        (["/usr/bin/gunicorn", "--certfile", "secret"], "gunicorn"),
    ],
)
def test_of_a_command_line_only_the_command_is_told(
    argv: list[str], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arguments hold passwords."""
    monkeypatch.setattr(sys, "argv", argv)

    assert hosts.kind() == kind
