"""Stacks on request: every thread and asyncio task, from the probe itself."""

from __future__ import annotations

import pytest

from djscope.attach.pyspy import dump
from djscope.feed.shapes import StacksTaken
from djscope.watch import Watch
from tests.real.servers import Quiet
from tests.real.test_adoption import hanging
from tests.real.test_adoption_async import asked
from tests.real.tools import get, wait_for, watching

pytestmark = pytest.mark.real


def taken(watch: Watch, kind: str) -> StacksTaken:
    """What the process of that kind answers."""
    (process,) = (p for p in watch.session.processes.values() if p.kind == kind and p.armed)
    word = watch.ask("stacks", process.id)
    answer = wait_for(lambda: watch.session.answers.get(word), what="an answer")
    assert isinstance(answer, StacksTaken)
    keys = [thread.stack_id for thread in answer.threads]
    wait_for(lambda: all(map(watch.session.definitions.stack, keys)), what="the stacks")
    return answer


def functions(watch: Watch, stack_id: str) -> list[str]:
    """Names of a stack's functions, innermost first."""
    stack = watch.session.definitions.stack(stack_id)
    return [place.function.rpartition(".")[2] for place in stack]


@pytest.mark.parametrize(("kind", "unit"), [("gunicorn", "request"), ("celery", "task")])
def test_the_thread_that_hangs_comes_first_with_its_unit(
    quiet: Quiet, kind: str, unit: str
) -> None:
    """All others follow, the probe's own is not among them."""
    with hanging(quiet), watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        answer = taken(watch, kind)
        first, *others = answer.threads

        assert first.kind == "thread"
        assert "hang" in functions(watch, first.stack_id)
        running = watch.session.running
        wait_for(lambda: any(key[1] == first.unit for key in list(running)), what=unit)
        assert all(not each.unit for each in others)
        assert "MainThread" in {each.name for each in answer.threads}
        (main,) = (each for each in answer.threads if each.name == "MainThread")
        (process,) = (p for p in watch.session.processes.values() if p.kind == kind)
        assert main.native_id == process.pid
        assert answer.left_out == 0
        stacks = [functions(watch, each.stack_id) for each in answer.threads]
        assert not any("take" in names for names in stacks)


def test_an_async_server_tells_its_tasks_too(quiet: Quiet) -> None:
    """A coroutine that waits is in no thread's stack."""
    gate = quiet.directory / "gate-stacks"
    gate.touch()
    with asked(quiet.asgi_url, "wait", gate), watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        answer = taken(watch, "uvicorn")
        stack_of = watch.session.definitions.stack
        waiting = [each for each in answer.threads if any(p.app for p in stack_of(each.stack_id))]

        assert "wait" in functions(watch, waiting[0].stack_id)
        assert [each.kind for each in waiting] == ["task"]
        assert waiting[0].unit == answer.threads[0].unit != ""


def test_the_probes_own_threads_are_not_the_applications(quiet: Quiet) -> None:
    """Beside the one that sends there is the one that looks after event loops: by the probe, by
    py-spy, none of them.
    """
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        assert get(quiet.asgi_url, "/")[0] == 200
        wait_for(lambda: watch.session.loops.loops, what="the loop")
        assert all(functions(watch, each.stack_id) for each in taken(watch, "uvicorn").threads)
        (process,) = (
            p for p in watch.session.processes.values() if p.kind == "uvicorn" and p.armed
        )
        threads = dump(process.pid, process.name).threads

    assert "MainThread" in {each.name for each in threads}
    assert [e for e in threads if "djscope_probes/" in e.stack[-1].file] == []


def test_another_process_does_not_answer(quiet: Quiet) -> None:
    """The word names the process that is meant."""
    with watching(quiet.redis_url, quiet.app) as watch:
        wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
        nobody = watch.ask("stacks", "web-1/1@1")
        taken(watch, "gunicorn")

        assert nobody not in watch.session.answers
