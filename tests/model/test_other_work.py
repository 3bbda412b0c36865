"""Commands and threads: their queries count, their names say what they are, they never hang."""

from __future__ import annotations

from typing import Any

import pytest

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import WorkRecorded
from djscope.feed.status import FeedStatus, Link
from djscope.model.snapshot import snapshot
from tests.model.scene import Scene, group, lazy

STATUS = FeedStatus(Link.LIVE, "redis", "shop")


def work(scene: Scene, kind: str, *groups: Any, **changes: Any) -> None:
    scene.seq += 1
    scene.session.define("nwork", {"command": "migrate", "thread": "Thread-4"}[kind])
    unit = scene.unit(*groups, **{"name_id": "nwork", **changes})
    event = WorkRecorded(unit, kind)
    scene.session.apply(Delivery("web-1/1@1", scene.at, 0.0, scene.seq, 0, [event]))


@pytest.mark.parametrize(
    ("kind", "name"), [("command", "command migrate"), ("thread", "thread Thread-4")]
)
def test_an_n_plus_one_names_what_it_is_in(kind: str, name: str) -> None:
    """Rows of one queryset that load one by one are wrong anywhere."""
    scene = Scene()
    work(scene, kind, lazy())
    (found,) = scene.findings()

    assert (found.kind, found.unit, found.unit_kind) == ("n_plus_one", name, kind)
    assert f"10 queries in one {kind}" in found.title


def test_a_loop_in_a_command_is_one() -> None:
    """In the project's own code."""
    scene = Scene()
    work(scene, "command", group())

    assert [(each.kind, each.unit) for each in scene.findings()] == [
        ("query_loop", "command migrate")
    ]


def test_what_django_repeats_in_a_command_is_no_loop() -> None:
    """`migrate` records each migration."""
    scene = Scene()
    work(scene, "command", group(site_id="llib", n=60, params=60, rows=0))

    assert scene.kinds() == []


@pytest.mark.parametrize("params", [1, 40])
def test_a_thread_that_asks_again_and_again_is_no_loop(params: int) -> None:
    """It polls; its units end only where it pauses."""
    scene = Scene()
    work(scene, "thread", group(n=40, params=params), state="running")

    assert scene.kinds() == []


@pytest.mark.parametrize("kind", ["command", "thread"])
def test_other_work_never_hangs(kind: str) -> None:
    """A thread may wait for hours for something to do; so may a command."""
    scene = Scene()
    began = scene.at
    for second in range(1, 90):
        scene.at = began + second
        work(
            scene, kind, id="w", revision=second, state="running", started=began,
            wall_us=second * 1_000_000, now_id="swait", adopted=True,
        )  # fmt: skip

    assert len(scene.session.running) == 1
    assert scene.kinds() == []


def test_a_snapshot_tells_commands_from_tasks() -> None:
    """Beside the tasks, with their kind; they count as neither requests nor tasks."""
    scene = Scene()
    scene.task()
    work(scene, "command", group())
    taken = snapshot(scene.session, scene.at, STATUS)

    assert [(each.kind, each.name) for each in taken.tasks] == [
        ("task", "shop.tasks.report"), ("command", "migrate"),
    ]  # fmt: skip
    assert (taken.coverage.requests, taken.coverage.tasks) == (0, 1)
    assert [each.unit for each in taken.queries] == ["command migrate"]
