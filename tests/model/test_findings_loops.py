"""loop_blocked: what must fire, with which advice, beside what must not."""

from __future__ import annotations

from typing import Any

import pytest

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import Block, LoopReported, StackFrame
from djscope.model.finding import Certainty, Finding, Severity
from tests.model.scene import NOON, Scene

APP = StackFrame("/app/shop/views.py", 31, "rates", True)
CALLER = StackFrame("/app/shop/views.py", 12, "page", True)
LIB = "/venv/lib/python3.12/site-packages/"


def library(file: str) -> StackFrame:
    return StackFrame(file, 5, "call", False)


def scene(*blocks: Block, stack: list[StackFrame] | None = None) -> Scene:
    """Blocks of the stack `s1`, told by one process."""
    scene = Scene()
    scene.session.define("s1", stack if stack is not None else [APP, CALLER])
    scene.session.define("s2", [library("/lib/asyncio/sslproto.py")])
    event = LoopReported("1", "uvloop", 100, 0, [], blocks)
    scene.session.apply(Delivery("web-1/1@1", NOON, 0.0, 1, 0, [event]))
    return scene


def block(**changes: Any) -> Block:
    """Once, for 310 ms, without CPU, in a request."""
    fields: dict[str, Any] = {
        "stack_id": "s1", "cause": "io", "n": 1, "total_us": 310_000, "max_us": 310_000,
        "cpu_us": 900, "gc_us": 0, "unit": "u1", "name_id": "nroute", "task": "Task-7",
    }  # fmt: skip
    return Block(**{**fields, **changes})


def found(*blocks: Block, stack: list[StackFrame] | None = None) -> list[Finding]:
    return scene(*blocks, stack=stack).findings("loop_blocked")


def test_one_long_block_is_found_with_its_line_route_and_cause() -> None:
    """A quarter of a second without any other request is one too many."""
    (finding,) = found(block())

    assert finding.title == (
        "the event loop stood still once, for 310 ms: it waits without computing"
    )
    assert (finding.where.short, finding.where.function) == ("shop/views.py:31", "rates")
    assert (finding.unit, finding.unit_kind) == ("books/", "request")
    assert (finding.severity, finding.certainty) == (Severity.WARNING, Certainty.CERTAIN)
    assert finding.evidence["asyncio_task"] == "Task-7"
    assert "await asyncio.sleep(…)" in [advice.code for advice in finding.advice]
    assert finding.stack_id == "s1"


def test_short_ones_are_found_when_there_are_three() -> None:
    """Of 100 ms on, at one site."""
    (finding,) = found(block(n=3, total_us=360_000, max_us=130_000))

    assert "3 times, for up to 130 ms" in finding.title
    assert finding.count == 3
    assert finding.cost["total_ms"] == 360


def test_two_short_ones_are_no_finding() -> None:
    """It may have been the machine."""
    assert found(block(n=2, total_us=260_000, max_us=140_000)) == []


def test_lines_of_one_function_are_one_finding() -> None:
    """Where it stood when somebody looked varies while it computes."""
    one = scene(block(cause="cpu", max_us=120_000))
    other = StackFrame(APP.file, 35, APP.function, True)
    one.session.define("s3", [other, CALLER])
    again = LoopReported("1", "uvloop", 1, 0, [], (block(stack_id="s3", cause="cpu", n=2),))
    one.session.apply(Delivery("web-1/1@1", NOON, 0.0, 2, 0, [again]))
    (finding,) = one.findings("loop_blocked")

    assert finding.count == 3
    assert finding.where.line == 35


def test_a_second_is_critical() -> None:
    """All other requests of the process wait that long."""
    (finding,) = found(block(total_us=1_200_000, max_us=1_200_000))

    assert finding.severity is Severity.CRITICAL


def test_computing_wants_another_process() -> None:
    """A thread would still hold the interpreter."""
    (finding,) = found(block(cause="cpu", cpu_us=300_000))

    assert "it computes" in finding.title
    assert "ProcessPoolExecutor" in finding.advice[0].code
    assert all("asyncio.sleep" not in advice.code for advice in finding.advice)


@pytest.mark.parametrize(
    ("file", "what", "advice"),
    [
        (f"{LIB}requests/sessions.py", "an HTTP client", "httpx.AsyncClient"),
        (
            f"{LIB}httpx/_client.py",
            "an HTTP client",
            "async with httpx.AsyncClient() as client: await client.get(…)",
        ),
        ("/lib/python3.12/urllib/request.py", "an HTTP client", "httpx.AsyncClient"),
        (f"{LIB}django/db/models/query.py", "the ORM", "async for"),
        (f"{LIB}psycopg/cursor.py", "a database driver", "sync_to_async(function)"),
        (f"{LIB}redis/client.py", "a Redis client", "redis.asyncio"),
        ("/lib/python3.12/subprocess.py", "another program", "create_subprocess_exec"),
        ("/lib/python3.12/threading.py", "a lock, an event or a queue", "thread_sensitive=False"),
        ("/lib/python3.12/smtplib.py", "sending mail", "thread_sensitive=False"),
        ("/lib/python3.12/pathlib.py", "files", "asyncio.to_thread"),
    ],
)
def test_a_library_that_waits_is_named_with_what_to_write_instead(
    file: str, what: str, advice: str
) -> None:
    """The one that the application called, not the socket beneath it."""
    stack = [library("/lib/python3.12/socket.py"), library(file), APP, CALLER]
    (finding,) = found(block(), stack=stack)

    assert f" in {what}" in finding.title
    assert any(advice in each.code for each in finding.advice)


def test_no_advice_awaits_async_to_sync_or_moves_the_orm_between_threads() -> None:
    """What is widely recommended and wrong."""
    for file in ("django/db/models/query.py", "requests/api.py", "x.py"):
        (finding,) = found(block(), stack=[library(LIB + file), APP])
        codes = " ".join(each.code for each in finding.advice)

        assert "async_to_sync" not in codes
        assert ("thread_sensitive=False" in codes) is ("django/db" not in file)


def test_garbage_is_nobodys_line() -> None:
    """Told once, of the process, as information."""
    (finding,) = found(block(cause="gc", gc_us=300_000), block(cause="gc", name_id=""))

    assert finding.severity is Severity.INFO
    assert finding.where.file == ""
    assert "garbage collection stopped event loops 2 times" in finding.title
    assert "gc.freeze()" in finding.advice[0].code


def test_without_a_line_of_the_application_it_is_suspected_only() -> None:
    """A library's callback, or a server's own."""
    (finding,) = found(block(stack_id="s2", name_id="", unit=""))

    assert (finding.severity, finding.certainty) == (Severity.INFO, Certainty.SUSPECTED)
    assert finding.unit == "event loop"


def test_work_of_no_request_is_likely_only() -> None:
    """A background task of the application's, or its start."""
    (finding,) = found(block(name_id="", unit=""))

    assert (finding.severity, finding.certainty) == (Severity.WARNING, Certainty.LIKELY)


def test_modules_that_are_imported_at_first_use_are_no_finding() -> None:
    """That happens once."""
    stack = [library("<frozen importlib._bootstrap>"), APP]

    assert found(block(), stack=stack) == []
    assert len(found(block(n=4), stack=stack)) == 1


def test_a_block_that_nobody_could_look_at_is_no_finding() -> None:
    """Its line is not known; it stands in the list."""
    assert found(block(stack_id="", n=9)) == []


def test_no_verdict_before_names_and_stacks_are_known() -> None:
    """They travel apart."""
    assert found(block(stack_id="s9")) == []
    assert found(block(name_id="n9")) == []


def test_being_late_is_no_finding() -> None:
    """Many short callbacks make a loop busy; that is its work."""
    one = Scene()
    event = LoopReported("1", "asyncio", 40, 900_000, [(20, 40)], ())
    one.session.apply(Delivery("web-1/1@1", NOON, 0.0, 1, 0, [event]))

    assert one.findings() == []
