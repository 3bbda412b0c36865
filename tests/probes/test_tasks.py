"""Celery tasks by their signals, run eagerly in this process: the tracer is the real one."""

from __future__ import annotations

import sys

import pytest

from djscope_probes.arming import Armament
from djscope_probes.ledger import Ledger
from djscope_probes.units import RequestUnit, TaskUnit, Unit, current


@pytest.fixture
def worker(shop: None) -> Armament:
    """Celery is loaded before the probe arms, as in a worker."""
    import shop.scenarios.tasks  # noqa: F401

    return Armament()


def ended(ledger: Ledger) -> list[Unit]:
    return list(ledger.ended)


def test_a_run_has_name_state_and_queries(worker: Armament) -> None:
    """As in a worker's child."""
    from shop.scenarios.tasks import n_plus_one_task

    worker.arm()
    n_plus_one_task.apply()
    (unit,) = ended(worker.ledger)
    worker.disarm()

    assert isinstance(unit, TaskUnit)
    assert unit.name == "shop.scenarios.tasks.n_plus_one_task"
    assert unit.state == "SUCCESS"
    assert unit.queries > 10


def test_a_failure_tells_type_and_line(worker: Armament) -> None:
    """Not the message."""
    from shop.scenarios.tasks import task_failing

    worker.arm()
    task_failing.apply(args=[0], retries=task_failing.max_retries)
    failures = [unit for unit in ended(worker.ledger) if unit.exception]
    worker.disarm()

    assert failures
    assert {unit.exception for unit in failures} <= {"ValueError", "ConnectionError"}
    assert failures[0].site is not None
    assert failures[0].site.file.endswith("shop/scenarios/tasks.py")


def test_a_task_run_inside_a_request_does_not_end_the_request(worker: Armament) -> None:
    """Eager tasks are units within units; afterwards the request goes on."""
    from shop.models import Book
    from shop.scenarios.tasks import healthy_task

    worker.arm()
    request = RequestUnit("wsgi", "GET")
    worker.ledger.begin(request)
    healthy_task.apply()
    assert current() is request
    Book.objects.count()
    worker.ledger.end(request)
    worker.disarm()

    assert request.queries == 1


def test_disconnected_signals_have_no_receiver_of_ours(worker: Armament) -> None:
    """Off is off."""
    signals = sys.modules["celery.signals"]
    names = ("task_prerun", "task_postrun", "task_failure", "task_retry")
    before = [len(getattr(signals, name).receivers) for name in names]
    worker.arm()
    assert [len(getattr(signals, name).receivers) for name in names] == [n + 1 for n in before]
    worker.disarm()

    assert [len(getattr(signals, name).receivers) for name in names] == before
