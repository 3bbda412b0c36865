"""Exceptions in the steps of the probe's own thread: it goes on, and no wrapper outlives it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import FunctionType

import pytest

import djscope_probes
from djscope.feed.embedded import EmbeddedServer, start_embedded
from djscope.model.processes import ProcessFact
from djscope.watch import Watch
from djscope_probes import hosts, lifecycle, records, resp
from djscope_probes.arming import Armament
from djscope_probes.bounds import Bounds
from djscope_probes.control import Control
from djscope_probes.definitions import Definitions
from djscope_probes.ledger import Ledger
from djscope_probes.outbox import Outbox
from djscope_probes.patching import Patches
from djscope_probes.probe import Probe
from tests.probes.faults import broken, functions, request
from tests.real.projects.targets import codes, connected, found
from tests.real.tools import wait_for

pytestmark = pytest.mark.real
APP = "faulty"
WHILE_S = 0.4
# Of what the thread does, in the order in which it does it; found by name where rooms may move.
STEPS: dict[str, FunctionType] = {
    "synchronise": Control.synchronise,
    "announce": Control.refresh,
    "read the leases": Control.leases,
    "hear control": Control.wait,
    "connect": resp.Connection.__init__,
    "arm": Armament.arm,
    "reach": Armament._reach,
    "collect": Armament.collect,
    "record": records.record,
    "state of a unit": records.unit_state,
    "revise": Armament._revise,
    "report": Armament.report,
    "define": Definitions._define,
    "confirm definitions": Definitions.confirmed,
    "send": Outbox.send,
    "send definitions": Outbox._send_definitions,
    "trim": Bounds.move,
    "let go": Ledger.clear,
    "disarm": Armament.disarm,
    **{
        name.partition(".")[2]: function
        for name, function in functions().items()
        if name.endswith((".adopt", ".sweep")) and "ledger" not in name
    },
}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with start_embedded() as server:
        yield server


@pytest.fixture
def probe(shop: None, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probe]:
    """This very process's."""
    monkeypatch.setattr(hosts, "is_prefork_parent", lambda: False)
    assert djscope_probes.start(server.url, APP)
    assert lifecycle._running is not None
    yield lifecycle._running
    djscope_probes.stop()
    assert ours() == []


@pytest.fixture
def watch(server: EmbeddedServer) -> Iterator[Watch]:
    watch = Watch(server.url, APP)
    watch.start()
    yield watch
    watch.stop()


def ours() -> list[str]:
    """What of the probe is in the host."""
    wrapped = [
        name
        for name, it in found().items()
        if any("djscope" in code.co_filename for code in codes(it))
    ]
    return [*wrapped, *connected()]


def arms(watch: Watch) -> None:
    """Wait until the probe has armed: with every instrument in, it says so."""
    wait_for(lambda: watch.session.watching()[0] == 1, what="arming")


def told(watch: Watch) -> int:
    with watch.lock:
        return sum(route.n for route in watch.session.routes.values())


def processes(watch: Watch) -> list[ProcessFact]:
    with watch.lock:
        return list(watch.session.processes.values())


@pytest.mark.parametrize("step", STEPS)
def test_the_thread_outlives_a_fault(probe: Probe, watch: Watch, step: str) -> None:
    """While a step raises, requests are answered; once it does not any more, they are told."""
    arms(watch)
    until = time.monotonic() + WHILE_S
    with broken(STEPS[step]):
        while time.monotonic() < until:
            assert request("/healthy/list/")[0] == "200 OK"

    wait_for(lambda: probe.armament.armed and ours(), what=f"arming after a fault in: {step}")
    before = told(watch)
    wait_for(lambda: request("/healthy/list/") and told(watch) > before, what="a request")


@pytest.mark.parametrize(
    "step", ["define", "record", "state of a unit", "revise", "report", "send", "send definitions",
             "trim", "collect", "hear control", "disarm"],
)  # fmt: skip
def test_what_a_fault_costs_is_counted(probe: Probe, watch: Watch, step: str) -> None:
    """Each request that was measured was told, or counts as dropped; wherever it was lost."""
    arms(watch)
    before = told(watch)
    wait_for(lambda: request("/healthy/list/") and told(watch) > before, what="a request")
    wait_for(lambda: not balance(probe, watch), what="all of them")
    already, until = told(watch), time.monotonic() + WHILE_S
    with broken(STEPS[step]):
        while time.monotonic() < until:
            request("/healthy/list/")
    wait_for(lambda: request("/healthy/list/") and told(watch) > already, what="a request")
    wait_for(lambda: dropped(watch) == probe.armament.ledger.dropped, what="the count")
    wait_for(lambda: not balance(probe, watch), what=f"the balance after a fault in: {step}")
    print(f"{step}: {told(watch) - already} told, {dropped(watch)} dropped")


def dropped(watch: Watch) -> int:
    return sum(each.dropped for each in processes(watch))


def balance(probe: Probe, watch: Watch) -> int:
    """Units that were measured by now, less those that were told and those that were dropped."""
    return probe.armament.ledger.total - told(watch) - dropped(watch)


def test_a_fault_while_the_viewer_leaves(probe: Probe, server: EmbeddedServer) -> None:
    """The originals are back later, when disarming does not raise any more."""
    watch = Watch(server.url, APP)
    watch.start()
    arms(watch)
    with broken(Armament.disarm):
        watch.feed._claim.release(watch.feed._client)
        watch.feed._ending.set()
        wait_for(lambda: probe.armament.guard.failures, what="the fault")
        assert request("/healthy/list/")[0] == "200 OK"
    watch.stop()

    wait_for(lambda: ours() == [], what="the originals")


def test_it_counts_what_went_wrong(probe: Probe, watch: Watch) -> None:
    """A viewer sees that there were errors, not which."""
    arms(watch)
    with broken(records.unit_state):
        request("/healthy/list/")
        wait_for(lambda: probe.armament.guard.failures, what="the failure")
    wait_for(lambda: any(each.errors for each in processes(watch)), what="its report")


def test_what_cannot_be_put_back_does_not_keep_the_rest(probe: Probe, watch: Watch) -> None:
    """A signal whose `disconnect` raises: every other original is back after a stop."""
    arms(watch)
    stuck = RuntimeError("no way back")

    class Signal:
        def connect(self, *_arguments: object, **_options: object) -> None: ...

        def disconnect(self, *_arguments: object, **_options: object) -> None:
            raise stuck

    patches: Patches = probe.armament._instruments[1].patches
    patches.listen(Signal(), print, "djscope_stuck")
    djscope_probes.stop()

    assert ours() == []
    assert probe.armament._instruments[1].guard.failures == 1
