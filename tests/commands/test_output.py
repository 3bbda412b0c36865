"""What the list commands print: for people, and as JSON with the documented keys."""

from __future__ import annotations

import json
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.commands.conftest import Run, once_it_says
from tests.real.tools import SNAPSHOT_KEYS, Levels, client_of, environment, started, wait_for

pytestmark = pytest.mark.real
BOTH = "2 of 2 processes confirmed off"


def test_ps_lists_the_processes(run: Run, busy_url: str) -> None:
    """A line each, as host and pid, with what runs there."""
    done = run("ps", "--redis", busy_url)
    head, *rows = done.stdout.splitlines()

    assert done.returncode == 0
    assert head.split()[:3] == ["PROCESS", "KIND", "APP"]
    assert len(rows) == 2
    assert all(" bare.py " in row and " bare " in row for row in rows)


def test_ps_as_json(run: Run, busy_url: str) -> None:
    """The same as records; when nothing is there, an empty list."""
    found = json.loads(run("ps", "--json", "--redis", busy_url).stdout)
    none = run("ps", "--json", "--app", "nobody", "--redis", busy_url)

    assert [each["process"] for each in found] == sorted(each["process"] for each in found)
    assert {
        "process", "host", "pid", "kind", "app", "started", "last_seen_s_ago", "release", "django",
        "celery", "python", "probe", "wire", "max_level", "allow",
    } == set(found[0])  # fmt: skip
    assert found[0]["process"] == f"{found[0]['host']}/{found[0]['pid']}"
    assert found[0]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert none.returncode == 3
    assert json.loads(none.stdout) == []


def test_doctor_says_that_all_is_well(run: Run, busy_url: str) -> None:
    """From the ground up: Redis answers, processes are there, they answer a lease."""
    done = once_it_says("2 of 2 answered", lambda: run("doctor", "--redis", busy_url))
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert lines[0].startswith("ok    Redis answers at redis://127.0.0.1:")
    assert lines[1] == "ok    app bare: announced by 2 processes"
    assert lines[2].startswith("ok    app bare: 2 of 2 answered a lease within ")
    assert len(lines) == 3


def test_doctor_names_what_blocks(run: Run, empty_url: str) -> None:
    """With its remedy, and an exit code for scripts."""
    nobody = run("doctor", "--redis", empty_url)
    nothing = run("doctor", "--redis", "redis://127.0.0.1:1/0")
    wrong = run("doctor", "--redis", "nonsense")

    assert [done.returncode for done in (nobody, nothing, wrong)] == [3, 3, 3]
    assert "fail  no process has announced itself: add " in nobody.stdout
    assert nothing.stdout.startswith("fail  Redis: redis://127.0.0.1:1/0 cannot be reached: ")
    assert wrong.stdout.startswith("fail  Redis: the Redis URL has to begin with redis://")
    assert nobody.stderr == nothing.stderr == wrong.stderr == ""


def test_doctor_as_json(run: Run, busy_url: str) -> None:
    """Each check with its state, what was looked at, and the remedy."""
    ask = partial(run, "doctor", "--json", "--redis", busy_url)
    checks = json.loads(once_it_says("2 of 2 answered", ask).stdout)

    assert len(checks) == 3
    assert all(list(check) == ["state", "what", "remedy"] for check in checks)
    assert {check["state"] for check in checks} == {"ok"}


def test_now_says_what_it_rests_on(run: Run, busy_url: str) -> None:
    """No finding is an answer too, beside how much was seen; nothing else is on stdout."""
    ask = partial(run, "now", "--for", "1s", "--redis", busy_url)
    done = once_it_says(BOTH, ask)
    as_json = once_it_says(BOTH, partial(ask, "--json"))

    assert done.returncode == as_json.returncode == 0
    assert done.stdout.startswith("seen: 0 requests and 0 task runs from 2 of 2 processes since ")
    assert done.stderr == as_json.stderr == f"{BOTH}\n"
    assert json.loads(as_json.stdout) == []


def test_a_snapshot_has_the_documented_keys(run: Run, busy_url: str, tmp_path: Path) -> None:
    """On standard output, or in a file, which appears whole."""
    printed = once_it_says(BOTH, partial(run, "snapshot", "--for", "1s", "--redis", busy_url))
    file = tmp_path / "F.json"
    written = run("snapshot", "--for", "1s", "-o", str(file), "--redis", busy_url)
    taken = json.loads(printed.stdout)

    assert printed.returncode == written.returncode == 0
    assert written.stdout == ""
    assert list(taken) == list(json.loads(file.read_text())) == SNAPSHOT_KEYS
    assert taken["schema"] == "djscope/snapshot/1"
    assert taken["meta"]["app"] == "bare"
    assert taken["coverage"]["processes_reporting"] == 2
    assert [each["level"] for each in taken["processes"]] == ["off", "off"]
    assert list(tmp_path.glob(".*")) == []


def test_ctrl_c_ends_it_early_with_what_there_is(busy_url: str, tmp_path: Path) -> None:
    """The lease is given back, what was seen is printed, and the exit code says what happened."""
    command = [sys.executable, "-m", "djscope", "now", "--for", "60s", "--redis", busy_url]
    with (
        client_of(busy_url) as client,
        Levels(busy_url, "bare") as levels,
        started(*command, env=environment(tmp_path / "run")) as viewer,
    ):
        wait_for(lambda: client.exists("{djscope}:bare:lease:0"), what="the viewer")
        wait_for(lambda: levels.all_are("watch", 2), what="the probes")
        viewer.send_signal(signal.SIGINT)
        out, said = viewer.communicate(timeout=20)

        assert out.startswith("seen: 0 requests and 0 task runs from ")
        assert said.splitlines() == ["stopped early", "2 of 2 processes confirmed off"]
        assert viewer.returncode == 130
        assert not client.exists("{djscope}:bare:lease:0")


@pytest.mark.parametrize("verb", ["", "attach", "demo", "run", "now", "ps", "doctor", "snapshot"])
def test_each_verb_explains_itself(run: Run, verb: str) -> None:
    """On standard output, as it was asked for."""
    done = run(*filter(None, [verb]), "--help")

    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: djscope {verb}".rstrip())
    assert done.stderr == ""


@pytest.mark.parametrize("verb", [["ps"], ["now", "--for", "500ms"], ["snapshot", "--for", "0.5s"]])
def test_what_draws_nothing_loads_nothing_to_draw_with(
    run: Run, busy_url: str, verb: list[str]
) -> None:
    """textual costs half a second; only a screen needs it."""
    ask = partial(run, *verb, "--redis", busy_url, PYTHONPROFILEIMPORTTIME="1")
    done = ask() if verb == ["ps"] else once_it_says(BOTH, ask)

    assert done.returncode == 0
    assert "| djscope.cli" in done.stderr or "djscope.commands" in done.stderr
    assert not any("textual" in line or "rich." in line for line in done.stderr.splitlines())
