"""Too much of a core, in a real process with a real viewer: less, then nothing, and it is said."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from tests.real.servers import PROJECTS
from tests.real.tools import environment, started, wait_for, watching

pytestmark = pytest.mark.real
# Less than the probe's thread alone takes.
NEXT_TO_NOTHING = "0.00001"
# Less than watching a loop of queries takes, and more than a tenth of that.
SOME = "0.08"
# Long enough to look before the first decision; short, where only decisions count.
LONG_S, SHORT_S = 5.0, 2.5


@contextmanager
def hog(url: str, limit: str, window_s: float, directory: Path) -> Iterator[subprocess.Popen[str]]:
    env = environment(directory, DJSCOPE_REDIS_URL=url)
    script = str(PROJECTS / "hog.py")
    command = (sys.executable, script, "hog", limit, str(window_s))
    with started(*command, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield process


def state(process: subprocess.Popen[str]) -> str:
    """Its probe's level, the wrappers in it, whether the original is in place."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def the_one(watch: Watch) -> ProcessFact:
    wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
    return wait_for(
        lambda: next((p for p in watch.session.processes.values() if p.kind), None), what="a name"
    )


def test_it_steps_down_to_a_sample_and_then_off(tmp_path: Path) -> None:
    """For this viewer; the next one begins anew."""
    with start_embedded() as server, hog(server.url, NEXT_TO_NOTHING, LONG_S, tmp_path) as process:
        with watching(server.url, "hog") as watch:
            fact = the_one(watch)
            assert (fact.governed, state(process).split()[0]) == ("", "watch")

            wait_for(lambda: fact.governed, 20, "the first step")
            assert fact.governed.endswith(" (limit 0%): records one unit in 10")
            assert fact.level == "watch"

            wait_for(lambda: fact.level == "off", 20, "the second step")
            assert fact.governed.endswith(" (limit 0%) recording one unit in 10: off")
            assert fact.cpu_share == 0
            assert state(process) == "off 0 True"
            came = watch.now()
            wait_for(lambda: watch.now() - came > 2, what="two seconds")
            assert state(process) == "off 0 True"
        with watching(server.url, "hog") as watch:
            assert the_one(watch).governed == ""
        _, log = process.communicate(timeout=20)

    said = [line.partition(" took ")[0] for line in log.splitlines()]
    who = said[0]
    assert said == [who, "djscope: djscope", who, "djscope: no longer watched"]


def test_a_sample_of_what_a_thread_does_is_cheap_enough(tmp_path: Path) -> None:
    """No request, no task: a loop that never pauses. It goes on being watched."""
    with start_embedded() as server, hog(server.url, SOME, SHORT_S, tmp_path) as process:
        with watching(server.url, "hog") as watch:
            fact = the_one(watch)
            wait_for(lambda: fact.governed, 20, "the first step")
            stepped = watch.now()
            wait_for(lambda: watch.now() - stepped > 2 * SHORT_S + 1, what="two windows")
            assert fact.level == "watch"
            assert fact.governed.endswith("records one unit in 10")
            ended = [one for one in watch.session.recent if one.seen_at > stepped + 1]
            assert {one.kind for one in ended} == {"thread"}
        process.communicate(timeout=20)
