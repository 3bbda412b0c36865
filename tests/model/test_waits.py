"""How long tasks waited, where somebody noted that."""

from __future__ import annotations

from djscope.feed.shapes import TaskRecorded
from djscope.feed.status import FeedStatus, Link
from djscope.model.snapshot import snapshot
from tests.model.scene import Scene

STATUS = FeedStatus(Link.LIVE, "redis", "shop")


def ended(scene: Scene, *waits_us: int) -> None:
    """A task's runs, each of which waited so long."""
    for wait_us in waits_us:
        unit = scene.unit(name_id="ntask")
        scene.deliver(TaskRecorded(unit, unit.id, "SUCCESS", 0, "celery@jobs", "mail", wait_us))


def test_waits_are_counted_where_they_are_known() -> None:
    """An unknown one is neither 0 nor part of a median."""
    scene = Scene()
    ended(scene, 2_000_000, -1, 2_000_000, -1)
    (stat,) = scene.session.routes.values()

    assert (stat.n, stat.wait.n, stat.wait_max_us, stat.queue) == (4, 2, 2_000_000, "mail")


def test_a_snapshot_has_waits_or_none() -> None:
    """Of a task its quantiles, p95 from 20 samples on; of a run its own."""
    scene = Scene()
    ended(scene, -1)
    (task,) = snapshot(scene.session, scene.at, STATUS).tasks

    assert (task.wait_us_p50, task.wait_us_p95, task.wait_us_max) == (None, None, None)

    ended(scene, *[40_000] * 19)
    taken = snapshot(scene.session, scene.at, STATUS)

    assert taken.tasks[0].wait_us_p95 is None
    assert taken.tasks[0].wait_us_max == 40_000
    assert [unit.wait_us for unit in taken.units][:2] == [None, 40_000]
    assert taken.units[0].queue == taken.tasks[0].queue == "mail"

    ended(scene, 900_000)
    (task,) = snapshot(scene.session, scene.at, STATUS).tasks

    assert task.wait_us_p95 is not None
    assert task.wait_us_max == 900_000
