"""Deep for one target: on the lease, in the process, and over again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from djscope.commands.reach import Reach
from djscope.feed.embedded import start_embedded
from djscope.feed.leases import Claim
from djscope.feed.shapes import Target
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from djscope_probes.wire import Keys
from tests.real.servers import Quiet, bare
from tests.real.tools import Levels, client_of, get, wait_for, watching

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


def test_it_ends_when_its_time_is_over(tmp_path: Path) -> None:
    """By the process, though the viewer that asked goes on asking."""
    claim = Claim(Keys("brief"))
    with (
        start_embedded() as server,
        client_of(server.url) as client,
        bare(server.url, "brief", tmp_path, DJSCOPE_MAX_LEVEL="deep"),
        Levels(server.url, "brief") as levels,
    ):

        def all_are(level: str) -> bool:
            claim.renew(client)
            return levels.all_are(level, 1)

        def aim(seconds: float) -> float:
            """At the process, for so long; returns until when, by Redis's clock."""
            until = redis_now(client) + seconds
            claim.aim([Target("process", process, until) for process in levels.at])
            return until

        wait_for(lambda: all_are("watch"), what="arming")
        aim(60.0)
        wait_for(lambda: all_are("deep"), what="deep")
        until = aim(1.5)
        wait_for(lambda: all_are("watch"), what="the end of deep")

        assert redis_now(client) >= until
        assert b'"process"' in client.get(Keys("brief").leases[0])
        claim.release(client)


def redis_now(client: redis.Redis) -> float:
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1e6


def test_the_process_itself_keeps_to_what_it_allows(tmp_path: Path) -> None:
    """Whatever a lease says: one beside it goes deep, this one does not."""
    claim = Claim(Keys("both"))
    with (
        start_embedded() as server,
        client_of(server.url) as client,
        bare(server.url, "both", tmp_path, DJSCOPE_MAX_LEVEL="deep") as open_one,
        bare(server.url, "both", tmp_path, DJSCOPE_MAX_LEVEL="watch") as careful_one,
        Levels(server.url, "both") as levels,
    ):

        def renewed(check: Callable[[], bool]) -> bool:
            claim.renew(client)
            return check()

        wait_for(lambda: renewed(lambda: levels.all_are("watch", 2)), what="arming")
        by_pid = {int(key.rpartition("/")[2].partition("@")[0]): key for key in levels.at}
        ours, theirs = by_pid[open_one.pid], by_pid[careful_one.pid]
        until = client.time()[0] + 60.0
        claim.aim([Target("process", process, until) for process in levels.at])
        wait_for(lambda: renewed(lambda: levels.read()[ours] == "deep"), what="deep")
        # It tells a change at once, and all else each five seconds.
        said = levels.said[theirs]
        wait_for(lambda: renewed(lambda: bool(levels.read()) and levels.said[theirs] != said))

        assert levels.at == {ours: "deep", theirs: "watch"}
        claim.release(client)


def test_a_route_and_a_task_are_looked_at_deeply_on_real_servers(tmp_path: Path) -> None:
    """Each where it was asked for: the order of few queries is told only of what is seen deeply."""
    with (
        start_embedded() as server,
        Quiet(server.url, DJSCOPE_MAX_LEVEL="deep") as quiet,
    ):
        quiet.start()
        with watching(server.url, quiet.app) as watch:
            wait_for(lambda: watch.session.watching()[0] == quiet.n, what="arming")
            reach = Reach(watch)

            def ordered() -> dict[str, bool]:
                """Of one request and one task with one query each: whether its order is told."""
                with watch.lock:
                    seen = watch.now()
                assert get(quiet.wsgi_url, "/work/")[0] == 200
                quiet.order("work")

                def told() -> dict[str, bool]:
                    with watch.lock:
                        texts, recent = watch.session.definitions, list(watch.session.recent)
                    return {
                        fact.kind: bool(fact.unit.operations)
                        for fact in recent
                        if fact.started >= seen - 0.5
                        and texts.text(fact.unit.name_id) in ("work/", "quiet.work.work")
                    }

                return wait_for(lambda: told() if len(told()) == 2 else {}, what="both")

            assert ordered() == {"request": False, "task": False}
            assert reach.deepen("request", "work/") == "deep for five minutes: work/"
            wait_for(lambda: ordered() == {"request": True, "task": False}, what="the route")
            assert reach.deepen("task", "quiet.work.work").startswith("deep for five minutes")
            wait_for(lambda: ordered() == {"request": True, "task": True}, what="the task")
            assert reach.deepen("request", "work/") == "no longer deep: work/"
            wait_for(lambda: ordered() == {"request": False, "task": True}, what="the end")
