"""`pytest --djscope` on a real Django project: what is found, what is not, who fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checking.conftest import Pytest, copy, run_pytest, said

VIEW = "n_plus_one  Book.author: 12 queries in one request"


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What a run of the faulty tests says."""
    done = run_pytest(copy(tmp_path_factory.mktemp("faulty")), "--djscope", "tests/test_faulty.py")
    assert done.returncode == 0, done.stdout + done.stderr
    return said(done)


@pytest.mark.parametrize(
    ("finding", "where", "test"),
    [
        (VIEW, 'books/ at shop/views.py:9 → .select_related("author")', "test_live_server"),
        ("query_loop (likely)  .update() in a loop: 6", "shop/services.py:8", "test_direct"),
        ("duplicate_query  the same query 6 times", "shop/services.py:25", "test_helper"),
        ("query_loop (likely)  .get() in a loop: 6", "shop/services.py:38", "test_async_service"),
        ("query_loop (likely)  .update() in a loop: 6", "· shop.rename at", "test_task"),
        ("query_loop (likely)  .update() in a loop: 6", "· command rename at", "test_command"),
        ("query_loop (likely)  .get() in a loop: 6", "async/ at shop/views.py", "test_async_view"),
    ],
)
def test_what_the_application_does_is_found(
    faulty: list[str], finding: str, where: str, test: str
) -> None:
    """In views, in functions that a test calls, in coroutines; with the fix and the tests."""
    index = next(i for i, text in enumerate(faulty) if finding in text and where in text)

    assert f"::{test}" in faulty[index + 1]


def test_the_same_finding_of_many_tests_is_one(faulty: list[str]) -> None:
    """A unittest, a live server, a function, turns of another; as the worst of them saw it."""
    lines = [text for text in faulty if "books/" in text]

    assert len(lines) == 1
    assert "in 6 tests: " in faulty[faulty.index(lines[0]) + 1]
    assert "and 3 more" in faulty[faulty.index(lines[0]) + 1]


def test_what_tests_do_themselves_is_not_reported(run_there: Pytest) -> None:
    """Arranging by loops, factories, fixtures, set-up; their own rows, lines and loops."""
    done = run_there("--djscope-fail-on=any", "tests/test_healthy.py")
    lines = said(done)

    assert done.returncode == 0, done.stdout
    assert lines[0].startswith("left out: ")
    assert lines[1].startswith("no findings in 11 tests; ")


LOADED = """
import sys


def pytest_sessionfinish():
    print("LOADED", sorted(name for name in sys.modules if "djscope" in name or name == "msgspec"))
"""


def test_it_is_said_only_where_it_is_asked_for(run_there: Pytest, project: Path) -> None:
    """Without an option nothing of it is loaded, and nothing is said."""
    (project / "loaded.py").write_text(LOADED)
    done = run_there("-s", "-p", "loaded", "tests/test_faulty.py", "-k", "test_view")

    assert done.returncode == 0
    assert "LOADED ['djscope', 'djscope.pytest_plugin']" in done.stdout
    assert " djscope ==" not in done.stdout


def test_workers_of_xdist_come_together(run_there: Pytest) -> None:
    """The controller has it all once, and writes the files."""
    done = run_there(
        "--djscope-fail-on=n_plus_one", "-n", "2", "tests/test_faulty.py", "--djscope-sarif=S.sarif"
    )
    lines = said(done)

    assert done.returncode == 1
    assert sum(VIEW in line for line in lines) == 1
    assert any("in 6 tests: " in line for line in lines)
    assert any("findings in 12 of 12 tests; " in line for line in lines)


@pytest.mark.parametrize(
    ("kinds", "code"),
    [("n_plus_one,query_loop", 1), ("prefetch_bypassed", 0)],
)
def test_a_run_fails_on_what_is_named(run_there: Pytest, kinds: str, code: int) -> None:
    """And says by what."""
    done = run_there(f"--djscope-fail-on={kinds}", "tests/test_faulty.py", "-k", "test_view")

    assert done.returncode == code
    failed = [line for line in said(done) if line.startswith("the run fails")]
    named = "n_plus_one  Book.author at shop/views.py:9"
    assert failed == ([f"the run fails on 1 finding: {named}"] if code else [])


def test_an_ignore_in_the_source_counts_with_a_reason(run_there: Pytest, project: Path) -> None:
    """At the line, or above it; without a reason, or for another kind, it does not."""
    views, services = project / "shop" / "views.py", project / "shop" / "services.py"
    line = '    return HttpResponse(", ".join(book.author.name for book in Book.objects.all()))'
    above = "    # djscope: ignore[n_plus_one] six books at most\n"
    views.write_text(views.read_text().replace(line, above + line))
    loop = '        Book.objects.filter(pk=pk).update(title="renamed")'
    assert loop in services.read_text()
    services.write_text(
        services.read_text().replace(loop, f"{loop}  # djscope: ignore[query_loop]")
    )
    first = '    return Author.objects.order_by("pk").first()'
    assert first in services.read_text()
    services.write_text(
        services.read_text().replace(first, f"{first}  # djscope: ignore[n_plus_one] never so")
    )
    done = run_there("--djscope-fail-on=any", "tests/test_faulty.py", "-k", "not async")
    lines = said(done)

    assert done.returncode == 1
    assert any(line.startswith("the run fails on 4 findings: ") for line in lines)
    assert "ignored in source  n_plus_one at shop/views.py:10: six books at most" in lines
    assert "1 ignored: 1 in source" in lines
    assert any("shop/services.py:8: this ignore gives no reason" in text for text in lines)
    assert "shop/services.py:25: this ignore[n_plus_one] was not needed" in lines


SETTINGS = """
[tool.djscope]
fail_on = ["n_plus_one", "duplicate_query"]
baseline = "B.json"
thresholds = { query_loop = 7 }
allow = [
  { kind = "duplicate_query", site = "shop/services.py:first_author", reason = "cached soon" },
]
"""


def test_the_project_s_settings_count(run_there: Pytest, project: Path) -> None:
    """Thresholds, allow-list, kinds; the command line wins."""
    (project / "pyproject.toml").write_text(SETTINGS)
    run = ("tests/test_faulty.py", "-k", "not async")
    written = run_there("--djscope", "--djscope-write-baseline", *run)
    lines = said(written)
    other = run_there("--djscope-fail-on=none", "--djscope-threshold=query_loop=3", *run)

    assert written.returncode == 0
    assert not any("the run fails" in line for line in lines)
    assert "allowed  duplicate_query at shop/services.py:25: cached soon" in lines
    assert "1 ignored: 1 by the allow-list" in lines
    assert not any("query_loop" in line for line in lines)
    assert (project / "B.json").exists()
    assert other.returncode == 0
    assert "new  query_loop" in other.stdout


MARKED = """
import pytest


@pytest.mark.djscope(fail_on="n_plus_one")
def test_fails(client, books):
    client.get("/books/")


@pytest.mark.djscope(fail_on=["n_plus_one"], n_plus_one=50)
def test_holds(client, books):
    client.get("/books/")


@pytest.mark.djscope(fail=1)
def test_wrong(client, books):
    client.get("/books/")


def test_fixture(client, books, djscope):
    client.get("/healthy/")
    assert djscope.findings == []
    assert djscope.queries == 1
    client.get("/books/")
    assert [each.kind for each in djscope.findings] == ["n_plus_one"]
    assert djscope.queries == 8
    assert djscope.report().startswith("n_plus_one  Book.author: 6 queries in one request")


def test_fixture_beside_nothing(djscope):
    assert djscope.report() == ""
"""


def test_one_test_may_say_what_it_must_not_do(run_there: Pytest, project: Path) -> None:
    """By a marker, or by the fixture; no option is needed for that."""
    (project / "tests" / "test_marked.py").write_text(MARKED)
    done = run_there("tests/test_marked.py")

    assert "2 failed, 3 passed" in done.stdout, done.stdout
    assert "djscope found what this test must not do:\nn_plus_one  Book.author" in done.stdout
    assert "@pytest.mark.djscope knows no 'fail': choose from fail_on, n_plus_one" in done.stdout


@pytest.mark.parametrize(
    ("settings", "arguments", "sentence"),
    [
        ("", ["--djscope-fail-on=n1"], "--djscope-fail-on: there is no finding 'n1': choose from"),
        ("", ["--djscope-baseline=no.json"], "No such file or directory: write it with --djs"),
        ("", ["--djscope-fail-on="], "--djscope-fail-on names nothing: give kinds of findings, or"),
        ("", ["--djscope-fail-on=slow_query"], "'slow_query' is not judged in tests: choose from"),
        ("", ["--djscope-fail-on=any,none"], "'any' stands alone, and here are others beside it"),
        ("", ["--djscope-write-baseline"], "needs a file: give --djscope-baseline=FILE"),
        ("", ["--djscope-sarif=no/where.sarif"], "does not exist: create it first"),
        ("", ["--djscope-threshold=many=2"], "there is no threshold 'many': choose from"),
        ("failon = []", ["--djscope"], "[tool.djscope] in pyproject.toml: knows no key 'failon'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run_there: Pytest, project: Path, settings: str, arguments: list[str], sentence: str
) -> None:
    """Before any test runs, with pytest's own exit code for usage."""
    (project / "pyproject.toml").write_text(f"[tool.djscope]\n{settings}\n")
    done = run_there(*arguments)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
