"""Deep for one target: on the lease, in the process, and over again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from djscope.commands.reach import Reach
from djscope.feed.embedded import start_embedded
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from djscope_probes.wire import Keys
from tests.real.servers import bare
from tests.real.tools import client_of, wait_for, watching

pytestmark = pytest.mark.real


def watched(watch: Watch) -> ProcessFact:
    wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
    return wait_for(
        lambda: next((p for p in watch.session.processes.values() if p.kind), None), what="a name"
    )


def test_one_process_is_looked_at_deeply_and_no_more(tmp_path: Path) -> None:
    """The same slot all the time; the process says so itself."""
    with (
        start_embedded() as server,
        client_of(server.url) as client,
        bare(server.url, "deep", tmp_path, DJSCOPE_MAX_LEVEL="deep"),
        watching(server.url, "deep") as watch,
    ):
        process, reach = watched(watch), Reach(watch)

        assert reach.deepen("process", process.id) == f"deep for five minutes: {process.name}"
        wait_for(lambda: process.level == "deep", what="deep")
        assert [each.name for each in watch.status.targets] == [process.id]
        (lease,) = filter(None, client.mget(Keys("deep").leases))
        assert json.loads(lease)[5][0][:2] == ["process", process.id]
        assert process.armed

        assert reach.deepen("process", process.id) == f"no longer deep: {process.name}"
        wait_for(lambda: process.level == "watch", what="the end of deep")
        wait_for(lambda: watch.status.targets == (), what="the status")
        assert client.exists(Keys("deep").leases[0]) == 1
        assert list(watch.session.gaps) == []


def test_a_process_that_says_watch_is_left_alone(tmp_path: Path) -> None:
    """A sentence, and nothing on the lease."""
    with (
        start_embedded() as server,
        bare(server.url, "careful", tmp_path, DJSCOPE_MAX_LEVEL="watch"),
        watching(server.url, "careful") as watch,
    ):
        process = watched(watch)
        said = Reach(watch).deepen("process", process.id)

        assert said.startswith(f"{process.name} lets viewers go as far as `watch`")
        assert watch.feed.targets == ()
