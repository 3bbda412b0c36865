"""The code offered for a sync-only middleware, as it stands: served by Django, sync and async."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

import pytest

from djscope.model.definitions import Layer, Place
from djscope.model.findings.branches import both_branches
from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.probes.faults import async_request, request

CLASS = Layer(
    "offered.TimeMiddleware", "call", "sync", "sync", "sync_to_async",
    Place("/app/shop/middleware.py", 5, "TimeMiddleware"),
)  # fmt: skip
FUNCTION = Layer("offered.time_middleware", "call", "sync", "sync", "sync_to_async", None)


@pytest.mark.parametrize("layer", [CLASS, FUNCTION], ids=["class", "function"])
def test_both_branches_cost_no_hop(shop: None, layer: Layer) -> None:
    """An async view below it is reached without a thread; a WSGI request passes as before."""
    from django.test import override_settings

    module = ModuleType("offered")
    exec(compile(both_branches(layer).code, "/srv/offered.py", "exec"), module.__dict__)
    hops = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "offered", module)
        for chain in ([], [layer.name], ["tests.probes.hops.chains.SyncOnly"]):
            with override_settings(MIDDLEWARE=chain, ROOT_URLCONF="tests.probes.hops.chains"):
                hops.append(hops_of("/async/"))
                assert request("/sync/") == ("200 OK", b"sync")

    assert hops == [2, 2, 4]


def hops_of(path: str) -> int:
    """Of an async request, in both directions."""
    armament = Armament()
    armament.arm()
    assert asyncio.run(async_request(path)) == (200, b"async")
    unit = armament.ledger.ended.pop()
    armament.disarm()
    assert isinstance(unit, RequestUnit)
    return sum(group.n for group in unit.hops.groups.values()) if unit.hops else 0
