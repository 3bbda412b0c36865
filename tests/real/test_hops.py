"""Hooks around hops go in and out of a server under load: nobody notices."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async

from djscope.feed import embedded
from djscope.feed.decode import Unreadable, definition, delivery
from djscope.model.finding import Certainty, Finding
from djscope.model.findings import find
from djscope.model.session import Session
from djscope_probes import hoprecords
from djscope_probes.arming import Armament
from djscope_probes.clock import now_ns
from djscope_probes.units import RequestUnit
from djscope_probes.wire import frame_json
from tests.real.servers import PROJECTS, answers
from tests.real.tools import environment, get, started, wait_for

pytestmark = pytest.mark.real
TURNS = 200
AHEAD_NS = 9_000_000_000
VISITORS = 4


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_hooks_in_and_out_under_load(tmp_path: Path, loop: str) -> None:
    """200 times; each request is answered rightly, and each time the originals are back."""
    port = embedded.free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(
        tmp_path, HOPPER_SERVES="1", HOPPER_TURNS=str(TURNS), PYTHONPATH=str(PROJECTS)
    )
    command = (
        sys.executable, "-m", "uvicorn", "hopper:application", "--port", str(port), "--loop", loop,
        "--lifespan", "off", "--log-level", "warning",
    )  # fmt: skip
    with started(*command, env=env):
        wait_for(lambda: answers(url), 40, "uvicorn")

        def told() -> dict[str, object]:
            found: dict[str, object] = json.loads(get(url, "/turns/")[1])
            return found

        def visit(number: int) -> int:
            """Until all turns are over; how many pages that were."""
            pages = 0
            while pages % 10 or told()["turns"] != TURNS:
                n = 1 + (number + pages) % 7
                assert get(url, f"/hop/{n}/") == (200, f"{n} 5 3 7".encode())
                assert get(url, "/")[0] == 200
                pages += 1
            return pages

        with ThreadPoolExecutor(VISITORS) as visitors:
            pages = sum(visitors.map(visit, range(VISITORS)))
        end = told()

    assert end == {"turns": TURNS, "seen": end["seen"], "back": True, "failures": []}
    assert int(str(end["seen"])) > 0
    assert pages > TURNS / 10


def test_a_deadlock_is_found_while_it_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread runs a loop whose hop waits for that thread: from the hooks to the verdict. The hop
    has waited for ten seconds sooner than that.
    """
    monkeypatch.setattr(hoprecords, "now_ns", lambda: now_ns() + AHEAD_NS)
    armament, session = Armament(), Session()
    armament.arm()
    over: list[str] = []
    give_up: list[Callable[[], object]] = []
    thread = threading.Thread(target=lambda: over.append(asyncio.run(request(armament, give_up))))
    thread.start()
    found: list[Finding] = []
    seq = 0
    while thread.is_alive() and not found:
        time.sleep(0.3)
        seq += 1
        feed(armament, session, seq)
        found = [each for each in find(session, time.time()) if each.kind == "async_deadlock"]
    for each in give_up:
        each()
    thread.join(30)
    armament.disarm()

    assert over == ["never began"]
    assert found[0].certainty is Certainty.CERTAIN
    assert found[0].where.function.endswith("ask")
    assert any(
        "run_forever" in each.function for each in session.definitions.stack(found[0].stack_id)
    )


async def request(armament: Armament, give_up: list[Callable[[], object]]) -> str:
    unit = RequestUnit("asgi", "GET")
    unit.name = "stock/"
    armament.ledger.begin(unit)
    try:
        async with ThreadSensitiveContext():
            return await sync_to_async(lambda: asyncio.run(inner(give_up)))()
    finally:
        armament.ledger.end(unit)


async def inner(give_up: list[Callable[[], object]]) -> str:
    """Until somebody calls what is in `give_up` then, or for long."""
    asking, loop = asyncio.ensure_future(ask()), asyncio.get_running_loop()
    give_up.append(lambda: loop.call_soon_threadsafe(asking.cancel))
    try:
        await asyncio.wait_for(asking, 60)
    except (TimeoutError, asyncio.CancelledError):
        return "never began"
    return "began"


async def ask() -> int:
    return await sync_to_async(int)()


def feed(armament: Armament, session: Session, seq: int) -> None:
    """What the probe sends now, as a viewer reads it."""
    body = frame_json("web/1@1", seq, 0, time.time(), armament.collect(0))
    came = delivery(b"%d-0" % int(time.time() * 1000), body, Unreadable())
    assert came is not None
    session.apply(came)
    for key, text in armament.defs.unsent.items():
        value = definition(key, text.encode())
        assert value is not None
        session.define(key, value)
