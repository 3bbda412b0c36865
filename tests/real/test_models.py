"""Every process model, for real, with the probe installed and with one that comes late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from djscope.feed.embedded import EmbeddedServer, start_embedded
from tests.real.lives import live
from tests.real.load import Requests, Sender, each, under_load
from tests.real.models import THREADLESS, WEB, WORKERS, Host, Model, missing

pytestmark = pytest.mark.real
# An upper bound on a busy machine; the figures are printed by `python -m tests.real.matrix`.
LATER_S = 5.0


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


@pytest.fixture(scope="module")
def sender(server: EmbeddedServer) -> Iterator[Sender]:
    sender = Sender(server.url)
    yield sender
    sender.close()


@pytest.mark.parametrize("model", [*WEB, *WORKERS], ids=lambda model: model.name)
def test_a_model_is_told_in_full_and_left_as_it_was(
    model: Model, server: EmbeddedServer, sender: Sender
) -> None:
    """Armed, off, armed again, stopped, started again, all under load: no unit fails, each counted
    one is told once with its queries, and of those in the background all that began and ended while
    it was armed; then every original is back. A parent that forks has not a thread more than
    without djscope, nobody complains, and the shutdown is not held up.
    """
    if missing(model):
        pytest.skip(missing(model))
    for outcome in live(model, server.url, sender):
        assert outcome.failed == [], outcome.start
        assert outcome.complaints == [], outcome.start
        assert outcome.left == [], outcome.start
        for told in outcome.told:
            # A process that ends waits 0.3 s at most for its last record to be out, and its last
            # word: on a busy machine some of them do without.
            lost = 0 if model.lasts else max(told.unsaid, 1)
            assert told.sent - min(lost, told.sent // 2) <= told.counted <= told.sent, outcome
            assert told.counted_queries == told.counted * 12, outcome
            # One each, which had been made where the probe armed in the middle.
            assert told.least <= told.work_queries <= told.work, outcome
            assert told.queries <= told.sent * 12 + told.most, outcome
            assert told.least <= told.work <= told.most, outcome
        if model.lasts:
            assert outcome.told[0].confirmed == f"{model.n} of {model.n} processes confirmed off"
        assert outcome.parent_threads[0] == outcome.parent_threads[1], outcome.start
        assert outcome.shutdown_s < outcome.bare_shutdown_s + LATER_S, outcome.start


def test_without_threads_nothing_starts_and_nothing_breaks(server: EmbeddedServer) -> None:
    """uWSGI without `enable-threads`: no process announces itself, installed or late."""
    if missing(THREADLESS):
        pytest.skip(missing(THREADLESS))
    with Host(THREADLESS, server.url, "installed", installed=True) as host:
        host.launch()
        host.await_ready()
        load = Requests(host)
        with under_load(load):
            load.counted(10, "")
            states = each(load, "inject", THREADLESS.n)
            load.counted(10, "")

        assert load.failed == []
        assert [state["ours"] for state in states.values()] == [0] * THREADLESS.n
        assert not host.announced(1)
        host.shut_down()
        assert host.complaints() == []
