"""Hooks around hops go in and out of a server under load: nobody notices."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from djscope.feed import embedded
from tests.real.servers import PROJECTS, answers
from tests.real.tools import environment, get, started, wait_for

pytestmark = pytest.mark.real
TURNS = 200
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
