"""Source files: digests of what the process runs, and lines for those who may have them."""

from __future__ import annotations

import json
import os
import py_compile
import subprocess
import sys
import time
from pathlib import Path

import pytest

from djscope_probes import sources
from djscope_probes.definitions import Definitions
from djscope_probes.sources import NOT_ALLOWED, NOT_NAMED, NOT_THERE, answer, digest_of
from djscope_probes.wire import CHANGED, FRAME_BYTES, StackFrame, event_json, source_digest

LONG_AGO = time.time() - 100_000
CODE = "".join(f"line_{number} = {number}\n" for number in range(1, 201))


@pytest.fixture(autouse=True)
def _no_digest_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "_digests", {})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A source as old as the process is young, by a clock that may be set."""
    path = tmp_path / "views.py"
    path.write_text(CODE)
    return path


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When code could first be loaded: in a minute, unless a test says otherwise."""
    moment = [time.time() + 60]
    monkeypatch.setattr(sources, "loading_since", lambda: moment[0])
    return moment


def test_the_digest_is_of_the_bytes(file: Path, started: list[float]) -> None:
    """So that another machine can compare, whatever it thinks of encodings."""
    assert digest_of(str(file)) == source_digest(file.read_bytes())
    assert len(digest_of(str(file))) == 8


def test_a_file_that_changed_since_the_start_is_marked(file: Path, started: list[float]) -> None:
    """What runs is not what is on disk, perhaps."""
    started[0] = time.time() - 60

    assert digest_of(str(file)) == CHANGED + source_digest(file.read_bytes())


def test_a_deploy_that_keeps_old_times_is_marked(file: Path, started: list[float]) -> None:
    """`rsync -a` and archives bring the time of the build along; that it came is in `st_ctime`."""
    started[0] = time.time() - 60
    os.utime(file, (LONG_AGO, LONG_AGO))

    assert digest_of(str(file)).startswith(CHANGED)


def test_a_compiled_file_of_before_says_that_nothing_changed(
    file: Path, started: list[float]
) -> None:
    """`chown` in a container's entry point is no new source."""
    py_compile.compile(str(file))
    time.sleep(0.05)
    started[0] = time.time()
    time.sleep(0.05)
    file.chmod(0o600)

    assert not digest_of(str(file)).startswith(CHANGED)


def test_a_compiled_file_of_another_source_says_nothing(file: Path, started: list[float]) -> None:
    """Its header has the time and size of what it was made of."""
    py_compile.compile(str(file))
    time.sleep(0.05)
    started[0] = time.time()
    time.sleep(0.05)
    file.write_text(CODE + "more = 1\n")

    assert digest_of(str(file)).startswith(CHANGED)


def test_a_compiled_file_of_today_says_nothing(file: Path, started: list[float]) -> None:
    """A younger process may have made it."""
    started[0] = time.time() - 60
    py_compile.compile(str(file))

    assert digest_of(str(file)).startswith(CHANGED)


def test_a_digest_stays_what_it_was(file: Path, started: list[float]) -> None:
    """A definition's id is made of it; and the process runs what it loaded."""
    before = digest_of(str(file))
    file.write_text("changed = 1\n")

    assert digest_of(str(file)) == before


@pytest.mark.parametrize("name", ["", "<string>", "/nowhere/at/all.py", "a\x00b", "/dev/zero", "/"])
def test_what_is_no_file_has_no_digest(name: str) -> None:
    """And does not fail, or never end."""
    assert digest_of(name) == ""


def test_a_pipe_has_no_digest(tmp_path: Path) -> None:
    """Reading it would wait for a writer."""
    os.mkfifo(tmp_path / "pipe.py")

    assert digest_of(str(tmp_path / "pipe.py")) == ""


def test_digests_are_bounded(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """Further files have none, and go on having none."""
    monkeypatch.setattr(sources, "MAX_FILES", 3)
    for number in range(10):
        digest_of(f"{file}{number}")

    assert len(sources._digests) == 3
    assert digest_of(str(file)) == ""


def test_code_is_loaded_from_the_import_of_logging_on() -> None:
    """A worker inherits that moment from the parent which loaded the code before it forked."""
    script = (
        "import logging, os, sys, time\n"
        "sys.path[:0] = [sys.argv[1]]\n"
        "began = time.time()\n"
        "time.sleep(0.5)\n"
        "from djscope_probes import sources\n"
        "if os.fork() == 0:\n"
        "    print(began + 0.2 > sources.loading_since() > began - 5, flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    probes = str(Path(sources.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script, probes], capture_output=True, text=True, check=True
    )

    assert done.stdout == "True\n"


# Definitions


def test_stacks_carry_digests_and_sites_do_not(file: Path, started: list[float]) -> None:
    """A line is one line in all processes, also where one of them has an older file."""
    defs = Definitions()
    app = StackFrame(str(file), 3, "view", True)
    library = StackFrame("/lib/django/db.py", 9, "execute", False)
    ids = (defs.site(app), defs.stack([library, app]))
    texts = {key[0]: json.loads(defs.unsent[key]) for key in ids}

    assert texts["l"][4] == ""
    assert [frame[4] for frame in texts["s"]] == ["", source_digest(file.read_bytes())]
    assert defs.files == {str(file)}


def test_ids_stay_stable_within_a_process(file: Path, started: list[float]) -> None:
    """Also in the next arm, and when the file has changed meanwhile."""
    stack = [StackFrame(str(file), 3, "view", True)]
    before = Definitions().stack(stack), Definitions().site(stack[0])
    file.write_text("changed = 1\n")

    assert (Definitions().stack(stack), Definitions().site(stack[0])) == before


# Answers


def ask(file: Path | str, line: object = 100, request: str = "w1") -> str:
    return f"source web-1/4711@9 {request} {line} {file}"


def test_lines_around_the_one_asked_for(file: Path, started: list[float]) -> None:
    """Of a file that a frame named, where the host allows it."""
    sent = answer(ask(file), {str(file)}, allowed=True)

    assert sent is not None
    assert (sent.request, sent.file, sent.first, sent.problem) == ("w1", str(file), 60, "")
    assert sent.text.splitlines() == CODE.splitlines()[59:140]
    assert sent.digest == source_digest(file.read_bytes())


def test_the_beginning_and_what_is_beyond_the_end(file: Path, started: list[float]) -> None:
    """Any line number does."""
    for line, first, lines in (
        (1, 1, 41),
        (0, 1, 40),
        (190, 150, 51),
        ("9" * 4000, 999_999_959, 0),
    ):
        sent = answer(ask(file, line), {str(file)}, allowed=True)

        assert sent is not None
        assert (sent.first, len(sent.text.splitlines())) == (first, lines)


def test_an_answer_fits_a_frame(tmp_path: Path, started: list[float]) -> None:
    """Long lines are cut, and then fewer are sent."""
    file = tmp_path / "long.py"
    file.write_text("".join("é" * 5000 + "\n" for _ in range(100)))
    sent = answer(ask(file, 50), {str(file)}, allowed=True)

    assert sent is not None
    assert sent.first <= 50 < sent.first + len(sent.text.splitlines())
    assert len(event_json(sent)) < FRAME_BYTES - 1_000


def test_a_file_with_blanks_in_its_name(tmp_path: Path, started: list[float]) -> None:
    """It is the last word, and all the rest."""
    file = tmp_path / "my views.py"
    file.write_text(CODE)
    sent = answer(ask(file), {str(file)}, allowed=True)

    assert sent is not None
    assert sent.text


def test_an_edited_file_is_sent_with_the_mark(file: Path, started: list[float]) -> None:
    """The lines are those on disk: the viewer has to say so."""
    digest_of(str(file))
    started[0] = time.time() - 1
    file.write_text(CODE.upper())
    sent = answer(ask(file), {str(file)}, allowed=True)

    assert sent is not None
    assert sent.digest == CHANGED + source_digest(file.read_bytes())


def test_where_the_host_does_not_allow_it_nothing_is_sent(file: Path) -> None:
    """Not even whether the file is there."""
    sent = answer(ask(file), {str(file)}, allowed=False)

    assert sent is not None
    assert (sent.text, sent.digest, sent.problem) == ("", "", NOT_ALLOWED)


def test_a_file_that_no_frame_named_is_not_sent(file: Path) -> None:
    """Neither its neighbour, nor the same by another name, nor what is no file of the project."""
    other = file.with_name("settings.py")
    other.write_text("PASSWORD = 'secret'\n")
    library = os.__file__
    for name in (other, file.parent / "." / ".." / file.parent.name / "settings.py", "/etc/passwd"):
        sent = answer(ask(name), {str(file)}, allowed=True)

        assert sent is not None
        assert (sent.text, sent.problem) == ("", NOT_NAMED)

    sent = answer(ask(library), {str(file), library}, allowed=True)

    assert sent is not None
    assert (sent.text, sent.problem) == ("", NOT_NAMED)


def test_a_file_that_is_gone_is_said_to_be(file: Path) -> None:
    """It was named, and then removed."""
    file.unlink()
    sent = answer(ask(file), {str(file)}, allowed=True)

    assert sent is not None
    assert (sent.text, sent.problem) == ("", NOT_THERE)


@pytest.mark.parametrize(
    "words", ["", "source", "source p w 1", "source p w one /a.py", "stacks p w 1 /a", "wake"]
)
def test_other_words_are_not_answered(words: str) -> None:
    """Control is open to whoever reaches Redis."""
    assert answer(words, {"/a.py"}, allowed=True) is None
