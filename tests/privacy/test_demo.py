"""The demo's whole traffic, keys, export and what it prints hold nothing of the shop's data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.privacy.captured import dumped, monitored
from tests.real.servers import Redis
from tests.real.tools import djscope

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]
PASSWORD = "Zx81e1b2f6c0d4"
# Of `demo/shop/seed.py`, its settings, and what its visitors ask for and bring along.
DATA = {
    "a customer's address": (rb"reader\d+@example", "reader17@example.org"),
    "a book's number": (rb"978\d{10}", "9780000000017"),
    "a book's title": (rb"(silent|hollow|paper) \w+, volume", "The Silent Harbour, volume 3"),
    "an author": (rb"(ada|bruno|jun) (eco|lem|grass|borges) \d", "Ada Eco 12"),
    "a biography": (rb"\d writes\.", "Ada Eco 12 writes."),
    "a review": (rb"could not put", "Could not put it down."),
    "a note": (rb"as a present", "Wrap it as a present."),
    "a path": (rb"/(order|book)/\d", "/order/17.json"),
    "a query string": (rb"(page|order|basket)=\d", "/checkout/?order=17"),
    "an upload": (rb"scan\.tif", 'filename="scan.tif"'),
    "SECRET_KEY": (rb"for the demo only", "for the demo only"),
    "the password": (PASSWORD.lower().encode(), f"redis://:{PASSWORD}@127.0.0.1"),
}


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Artefact → content. Celery's messages are in the same server: those are not djscope's."""
    directory: Path = tmp_path_factory.mktemp("demo")
    export, commands = directory / "export.json", list[bytes]()
    with Redis(PASSWORD) as server, monitored(server, commands):
        words = f"demo --headless --for 15s --export {export} --redis {server.url}"
        done = djscope(*words.split(), directory=directory / "runtime", seconds=150)
        assert done.returncode == 0, done.stderr
        keys = dumped(server.url)
    told = [line for line in b"".join(commands).splitlines() if b"{djscope}" in line]
    return {
        "commands": b"\n".join(told),
        "keys": b"\n".join(line for line in keys.splitlines() if b"_kombu" not in line),
        "export": export.read_bytes(),
        "printed": (done.stdout + done.stderr).encode(),
    }


@pytest.mark.parametrize("what", DATA)
def test_nothing_of_the_shop_leaves(captured: dict[str, bytes], what: str) -> None:
    pattern, example = DATA[what]
    assert re.search(pattern, example.lower().encode())

    for artefact, content in captured.items():
        found = re.search(rb".{0,60}" + pattern + rb".{0,20}", content.lower())
        assert found is None, (artefact, found and found[0])


@pytest.mark.parametrize("artefact", ["commands", "export"])
def test_it_was_told_what_may_be(captured: dict[str, bytes], artefact: str) -> None:
    """Routes, lines and relations: the shop was asked, and what was captured is what was sent."""
    for canary in (b"order/<int:pk>.json", b"n_plus_one", b"author"):
        assert canary in captured[artefact]
