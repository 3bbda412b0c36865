"""`djscope check`: on a file and live; exit codes; SARIF, JUnit, JSON, baselines."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from djscope.feed.embedded import start_embedded
from tests.checking.conftest import copy
from tests.commands.conftest import Run
from tests.real.tools import client_of, djscope, environment, started, wait_for

FINE, FINDINGS, USAGE, NOTHING = 0, 1, 2, 3
FAULT = "n_plus_one  Book.author: 21 queries per request"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`djscope` in a directory of the test's own, which is the checkout."""
    monkeypatch.chdir(tmp_path)
    return partial(djscope, directory=tmp_path / "run")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A shop with an N+1 under way: its Redis and its project."""
    directory = tmp_path_factory.mktemp("serving")
    project = copy(directory)
    serve = str(Path(__file__).with_name("serve.py"))
    with start_embedded() as server, client_of(server.url) as client:
        env = environment(directory / "run", DJSCOPE_REDIS_URL=server.url)
        with started(sys.executable, serve, str(project), env=env) as process:
            wait_for(lambda: client.exists("{djscope}:shop:procs"), 30, "announcement")
            yield server.url, project
            assert process.poll() is None


def test_findings_of_a_snapshot_are_judged(run: Run, taken: Path) -> None:
    """As `now` prints them, with the sum and what it rests on."""
    done = run("check", str(taken))
    lines = done.stdout.splitlines()

    assert done.returncode == FINDINGS, done.stderr
    assert any(line.startswith(f"counts  {FAULT}") for line in lines)
    assert lines[-1].startswith("2 findings count: n_plus_one  Book.author at shop/views.py:31, ")
    assert "; seen: 26 requests and 2 task runs from 2 of" in lines[-1]
    assert any(line.startswith("does not count  request_failing") for line in lines)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("kinds", "code"),
    [("n_plus_one", FINDINGS), ("any", FINDINGS), ("prefetch_bypassed", FINE), ("none", FINE)],
)
def test_the_exit_code_is_by_what_is_named(run: Run, taken: Path, kinds: str, code: int) -> None:
    """Findings are printed all the same."""
    done = run("check", str(taken), "--fail-on", kinds)

    assert done.returncode == code
    assert FAULT in done.stdout


def test_only_new_ones_count_with_a_baseline(run: Run, taken: Path, tmp_path: Path) -> None:
    """What went away is said, and how to write it anew."""
    file = tmp_path / "B.json"
    written = run("check", str(taken), "--write-baseline", "B.json")
    known = run("check", str(taken), "--baseline", "B.json")
    entries = json.loads(file.read_text())
    entries["findings"].append({**entries["findings"][0], "id": "other"})
    file.write_text(json.dumps(entries))
    gone = run("check", str(taken), "--baseline", "B.json")

    assert written.returncode == FINE
    assert "findings written to" in written.stderr
    assert known.returncode == gone.returncode == FINE
    assert f"known  {FAULT}" in known.stdout
    assert "1 finding of the baseline is gone: rewrite it with --write-baseline B" in gone.stdout


def test_the_settings_count_and_the_command_line_wins(
    run: Run, taken: Path, tmp_path: Path
) -> None:
    """Ignored ones are counted and named."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.djscope]\nfail_on = ["any"]\n'
        'allow = [{ relation = "Book.author", reason = "mended in May" }]\n'
    )
    done = run("check", str(taken))
    none = run("check", str(taken), "--fail-on", "none")

    assert done.returncode == FINDINGS
    assert "allowed  n_plus_one at shop/views.py:31: mended in May" in done.stdout
    assert "2 ignored: 2 by the allow-list" in done.stdout
    assert none.returncode == FINE


def test_an_ignore_is_read_where_the_source_is(run: Run, taken: Path, tmp_path: Path) -> None:
    """The process has it at /app; files that are not here are said."""
    (tmp_path / "shop").mkdir()
    text = "\n" * 26 + "# djscope: ignore[n_plus_one] few books\nx = 1\n"
    (tmp_path / "shop" / "views.py").write_text(text)
    mapped = run("check", str(taken), "--map", "/app=.")
    without = run("check", str(taken))

    assert mapped.returncode == FINE, mapped.stdout
    assert "ignored in source  n_plus_one at shop/views.py:31: few books" in mapped.stdout
    assert without.returncode == FINDINGS
    assert "not on this machine, with what they ignore: say where with --map" in without.stdout


def test_json_says_all_of_it(run: Run, taken: Path) -> None:
    """Each finding with its state and whether it counts."""
    told = json.loads(run("check", str(taken), "--json").stdout)

    assert list(told) == ["schema", "fail_on", "coverage", "findings", "gone", "unused_ignores"]
    assert told["schema"] == "djscope/check/1"
    fault = next(each for each in told["findings"] if each["finding"]["kind"] == "n_plus_one")
    assert (fault["state"], fault["counts"], fault["reason"]) == ("new", True, "")


def test_sarif_and_junit_are_written(run: Run, taken: Path, tmp_path: Path) -> None:
    """With the paths of the checkout."""
    done = run(
        "check", str(taken), "--sarif", "S.sarif", "--junit", "J.xml", "--map", f"/app={tmp_path}"
    )
    results = json.loads((tmp_path / "S.sarif").read_text())["runs"][0]["results"]
    suite = ET.parse(tmp_path / "J.xml").getroot()
    fault = next(each for each in results if each["ruleId"] == "n_plus_one")

    assert done.returncode == FINDINGS
    place = fault["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "shop/views.py", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 31}
    assert suite.get("failures") == "2"
    assert suite.find(".//failure").get("type") == "n_plus_one"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file or directory: write one with `djscope snapshot -o FILE`"),
        ("", "is no snapshot of djscope's: write one with `djscope snapshot -o FILE`"),
        ("[]", "is no snapshot of djscope's"),
        (
            '{"schema": "djscope/baseline/1"}',
            "is no snapshot of djscope's but 'djscope/baseline/1'",
        ),
        ('{"schema": "djscope/snapshot/9"}', "has format djscope/snapshot/9, newer than the one"),
        (
            '{"schema": "djscope/snapshot/1"}',
            "is a damaged snapshot: Object missing required field",
        ),
    ],
)
def test_a_wrong_file_is_one_sentence(
    run: Run, tmp_path: Path, content: str | None, sentence: str
) -> None:
    """What it is instead, and what to do."""
    if content is not None:
        (tmp_path / "F.json").write_text(content)
    done = run("check", "F.json")

    assert done.returncode == USAGE
    assert len(done.stderr.splitlines()) == 1
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fail-on", "n1"], "--fail-on: there is no finding 'n1': choose from n_plus_one"),
        (["--for", "3s"], "--for is for watching"),
        (["--redis", "redis://h"], "--redis is for watching"),
        (["--threshold", "query_loop=3"], "--threshold is for watching"),
        (
            ["--baseline", "no.json"],
            "No such file or directory: write it with --write-baseline no.json",
        ),
        (["--fail-on="], "--fail-on names nothing: give kinds of findings, or any or none"),
        (["--sarif", "no/S.sarif"], "does not exist: create it first"),
        (["--map", "/app"], "--map /app is no REMOTE=LOCAL"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run: Run, taken: Path, arguments: list[str], sentence: str
) -> None:
    """Before anything is judged."""
    done = run("check", str(taken), *arguments)

    assert done.returncode == USAGE
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_snapshot_of_nothing_proves_nothing(run: Run, taken: Path) -> None:
    """No traffic, no verdict."""
    told = json.loads(taken.read_text())
    told["coverage"].update(requests=0, tasks=0)
    taken.write_text(json.dumps({**told, "findings": [], "queries": []}))
    done = run("check", str(taken))

    assert done.returncode == NOTHING
    assert "nothing was seen when" in done.stderr


@pytest.mark.real
def test_live_and_from_a_snapshot(run: Run, serving: tuple[str, Path], tmp_path: Path) -> None:
    """The same finding, the same baseline; an ignore in the source ends it."""
    url, project = serving
    asked = [
        ["check", "--write-baseline", "B.json"],
        ["snapshot", "-o", "F.json"],
        ["check", "--threshold", "n_plus_one=50", "--fail-on", "n_plus_one"],
    ]
    with ThreadPoolExecutor() as at_once:
        watch = ("--for", "4s", "--redis", url)
        live, taken, high = at_once.map(lambda words: run(*words, *watch), asked)
    read = run("check", "F.json")
    known = run("check", "F.json", "--baseline", "B.json", "--fail-on", "n_plus_one")
    views = project / "shop" / "views.py"
    where = '    return HttpResponse(", ".join(book.author.name'
    comment = "    # djscope: ignore[n_plus_one] six books at most\n"
    (tmp_path / "here" / "shop").mkdir(parents=True)
    text = (
        views.read_text()
        .replace(where, f"{where}")
        .replace("def book_list(request):\n", f"def book_list(request):\n{comment}", 1)
    )
    (tmp_path / "here" / "shop" / "views.py").write_text(
        text.replace('"""One view with an N+1, one without."""\n\n', '"""One view."""\n', 1)
    )
    ignored = run("check", "F.json", "--map", f"{project}=here")

    assert taken.returncode == high.returncode == FINE, high.stdout
    assert (live.returncode, read.returncode) == (FINE, FINDINGS)
    for done in (live, read):
        assert "n_plus_one  Book.author: 6 queries per request" in done.stdout
    assert known.returncode == FINE, known.stdout
    assert "ignored in source  n_plus_one at shop/views.py:9: six books at most" in ignored.stdout
    assert ignored.returncode == FINE


@pytest.mark.real
def test_nobody_answers(run: Run) -> None:
    """As with every verb."""
    done = run("check", "--for", "1s", "--redis", "redis://127.0.0.1:1/0")

    assert done.returncode == NOTHING
    assert "cannot be reached" in done.stderr
