"""How many hops a chain of middlewares costs: counted, not guessed."""

from __future__ import annotations

import asyncio

import django
import pytest
from django.test import override_settings

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.probes.faults import async_request
from tests.probes.hops.chains import CHAINS

# Chain → hops to a thread of an async view, of a sync view, and hops back to the loop (Django 5.2).
HOPS = {
    "none": (2, 3, 0),
    "defaults": (15, 16, 0),
    # Fewer hops: everything is sync within, and a thread is taken for the whole view.
    "sync-only innermost": (4, 5, 1),
    "sync-only outermost": (16, 17, 1),
    "alternating": (3, 4, 1),
}


def hops(armament: Armament, chain: str, path: str) -> tuple[int, int, set[str]]:
    """To a thread, to a loop, and to which functions."""
    changed = override_settings(
        MIDDLEWARE=CHAINS[chain], ROOT_URLCONF="tests.probes.hops.chains", ALLOWED_HOSTS=["*"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    )  # fmt: skip
    with changed:
        assert asyncio.run(async_request(path))[0] == 200
    unit = armament.ledger.ended.pop()
    assert isinstance(unit, RequestUnit)
    groups = list(unit.hops.groups.values()) if unit.hops else []
    count = dict.fromkeys(("sync_to_async", "async_to_sync"), 0)
    for group in groups:
        count[group.kind] += group.n
    names = {group.target.name for group in groups}
    return count["sync_to_async"], count["async_to_sync"], names


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="the counts are those of Django 5.2")
@pytest.mark.parametrize("chain", HOPS)
def test_hops_of_a_chain(armament: Armament, chain: str) -> None:
    """Real requests through Django's ASGI handler, an async view and a sync one."""
    to_thread, sync_view, to_loop = HOPS[chain]

    assert hops(armament, chain, "/async/")[:2] == (to_thread, to_loop)
    assert hops(armament, chain, "/sync/")[0] == sync_view


def test_targets_are_named_beneath_adapters(armament: Armament) -> None:
    """Hooks of middlewares, the view, what Django does around: never an adapter of asgiref's."""
    _, _, names = hops(armament, "sync-only innermost", "/sync/")
    names |= hops(armament, "defaults", "/sync/")[2]

    assert "django.contrib.sessions.middleware.SessionMiddleware.process_request" in names
    assert "tests.probes.hops.chains.sync_view" in names
    assert not [name for name in names if "asgiref" in name or "convert_exception" in name]
