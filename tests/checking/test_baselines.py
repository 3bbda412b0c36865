"""`pytest --djscope` with a baseline: what is new fails, what was there is known, or gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checking.conftest import Pytest


def test_only_new_findings_fail_with_a_baseline(run_there: Pytest, project: Path) -> None:
    """Written once, it keeps what was there; edits above it do not matter; what went is said."""
    options = ("--djscope-fail-on=any", "--djscope-baseline=B.json")
    (project / "tests" / "test_faulty.py").write_text(FEW)
    run = (".",)
    written = run_there(*options, "--djscope-write-baseline", *run)
    entries = json.loads((project / "B.json").read_text())
    views = project / "shop" / "views.py"
    views.write_text('"""Two\n\nlines."""\n' + views.read_text())
    known = run_there(*options, *run)
    views.write_text(views.read_text().replace("Book.objects.all()", "healthy()", 1) + HEALTHY)
    mended = run_there(*options, *run)
    services = project / "shop" / "services.py"
    services.write_text(services.read_text().replace("def rename_all", "def rename_each"))
    services.write_text(services.read_text() + "\n\ndef rename_all():\n    rename_each()\n")
    new = run_there(*options, *run)

    assert written.returncode == 0
    assert entries["schema"] == "djscope/baseline/1"
    assert [(e["where"], e["kind"], e["relation"]) for e in entries["findings"]] == [
        ("shop/services.py:rename_all", "query_loop", ""),
        ("shop/views.py:book_list.<locals>.<genexpr>", "n_plus_one", "Book.author"),
    ]
    assert known.returncode == 0, known.stdout
    assert "known  n_plus_one  Book.author" in known.stdout
    assert mended.returncode == 0
    gone = "1 finding of the baseline is gone: rewrite it with --djscope-write-baseline"
    assert gone in mended.stdout
    assert "    gone  n_plus_one  Book.author at shop/views.py:book_list" in mended.stdout
    assert new.returncode == 1
    assert "new, counts  query_loop" in new.stdout


FEW = """
from shop import services


def test_view(client, books):
    client.get("/books/")


def test_direct(books):
    services.rename_all()
"""


@pytest.mark.parametrize(
    "chosen",
    [
        ("-k", "test_direct"),
        ("tests/test_faulty.py::test_direct",),
        ("tests/test_faulty.py", "--deselect", "tests/test_faulty.py::test_view"),
        ("-m", "not djscope"),
        ("-x", "-p", "stopping"),
        ("tests/test_faulty.py", "-k", "test_direct", "-n", "2"),
    ],
)
def test_of_some_tests_nothing_is_gone(
    run_there: Pytest, project: Path, chosen: tuple[str, ...]
) -> None:
    """What a selection did not reach stays in the baseline, and is said when that is written."""
    (project / "tests" / "test_faulty.py").write_text(FEW)
    (project / "stopping.py").write_text(STOPPING)
    lost = {"where": "zoo.py:lost", "kind": "query_loop", "relation": "", "unit": "", "id": "lost"}
    before = {"schema": "djscope/baseline/1", "findings": [lost]}
    (project / "B.json").write_text(json.dumps(before))
    done = run_there(
        "--djscope-fail-on=any", "--djscope-baseline=B.json", "--djscope-write-baseline", *chosen
    )

    assert done.returncode in (0, pytest.ExitCode.INTERRUPTED), done.stdout + done.stderr
    assert " gone" not in done.stdout
    assert lost in json.loads((project / "B.json").read_text())["findings"]
    assert "1 finding of the baseline not seen and kept: this run was not of all" in done.stdout


STOPPING = """
def pytest_runtest_teardown(item):
    item.session.shouldstop = "enough"
"""


HEALTHY = """

def healthy():
    return Book.objects.select_related("author")
"""
