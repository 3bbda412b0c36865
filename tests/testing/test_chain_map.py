"""The map of a real chain: each layer with the hops that it had, nothing counted twice."""

from __future__ import annotations

import asyncio
import time

from djscope.model.chains import AROUND, OWN_LINES, steps
from djscope.model.session import Session
from djscope_probes.arming import Armament
from tests.probes.faults import async_request
from tests.probes.hops.chains import DEFAULTS, SYNC_ONLY
from tests.real.test_hops import feed


def test_hops_of_a_real_chain_by_layer(shop: None) -> None:
    """A sync-only middleware innermost: hops are at the top, at the sync part and at its end."""
    from django.test import override_settings

    armament, session = Armament(), Session()
    armament.arm()
    with override_settings(
        MIDDLEWARE=[*DEFAULTS[:1], SYNC_ONLY], ROOT_URLCONF="tests.probes.hops.chains"
    ):
        for _ in range(4):
            assert asyncio.run(async_request("/async/"))[0] == 200
            time.sleep(0.01)
    feed(armament, session, 1)
    armament.disarm()
    (stat,) = session.chains.stats.values()
    rows = steps(stat, session.definitions)

    told = [(each.name.rpartition(".")[2], each.sync_only, each.hops) for each in rows]
    assert sum(each.hops for each in rows) == sum(stat.hops.values()) / stat.n
    assert ("SyncOnly", True) in [each[:2] for each in told]
    assert [each.name for each in rows][:2] == [DEFAULTS[0], SYNC_ONLY]
    assert told[0][2] == 1, "the way into the thread"
    assert ("handler", False, 1) in told, "the way back to the loop"
    assert (AROUND, False, 2) in told, "the signal of the request's beginning, and its closing"
    assert OWN_LINES not in [each.name for each in rows]
