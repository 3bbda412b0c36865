"""Layers of requests through Django's real handlers: what they take, and that nothing changes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.layers import HOOKS
from djscope_probes.units import RequestUnit
from tests.probes.chain.hooked import hooked, inners, told
from tests.probes.chain.served import (
    HERE,
    MIDDLEWARE,
    SERVERS,
    Answer,
    ask,
    asked,
    handler_of,
    project,
)

PATHS = (
    "/template/", "/slow/", "/slow_async/", "/caught/", "/order/", "/boom/", "/boom_async/",
    "/stream/", "/short/", "/instead/", "/none/",
)  # fmt: skip
Layer = tuple[str, str]  # the last part of its name, and its hook


def timed(handler: Any, path: str) -> tuple[Answer, float]:
    """The answer, and the milliseconds that it took, measured around all of it."""
    began = time.monotonic()
    answer = ask(handler, path)
    return answer, (time.monotonic() - began) * 1000


def check(own: dict[Layer, float], expected: dict[Layer, float], took: float) -> None:
    """Each slept as long, and together they have no more than there was: nobody has another's time.

    What a busy machine adds to the whole, it may have added to any of them.
    """
    for key, ms in expected.items():
        assert own[key] >= ms * 0.99, key
    assert sum(own.values()) <= took


@pytest.mark.parametrize("server", SERVERS)
def test_a_layers_own_time_is_what_it_sleeps(armament: Armament, server: str) -> None:
    """Function, class, mixin, hybrid, async only, and each hook, whatever adapts them."""
    from tests.probes.chain import middleware as m

    _, took = timed(handler_of(server), "/template/")
    own = told(armament).own_ms()
    expected: dict[Layer, float] = {(name, "call"): ms for name, ms in m.SLEEPS.items()}
    expected[("Hooks", "process_view")] = m.PROCESS_VIEW_MS
    expected[("Hooks", "process_template_response")] = m.TEMPLATE_RESPONSE_MS
    expected |= {("Outer", "call"): 0, ("", "handler"): 0, ("", "template"): 0, ("", "render"): 0}

    assert expected.keys() <= own.keys()
    check(own, expected, took)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("path", ["/slow/", "/slow_async/"])
def test_a_view_is_a_layer_in_its_own_mode(
    armament: Armament, quick: None, server: str, path: str
) -> None:
    """A sync view below a sync server is called as it is, else an adapter stands before it."""
    from tests.probes.chain.middleware import VIEW_MS

    _, took = timed(handler_of(server), path)
    seen = told(armament)
    [(layer, _, _, own)] = [span for span in seen.spans if seen.layers[span[0]][1] == "view"]
    mode = "async" if "async" in path else "sync"
    adapter = {
        ("sync", "asgi"): "sync_to_async", ("async", "wsgi"): "async_to_sync",
    }.get((mode, server), "")  # fmt: skip

    check(seen.own_ms(), {("", "view"): VIEW_MS}, took)
    assert own / 1000 == seen.own_ms()["", "view"]
    assert (seen.layers[layer][2], seen.layers[layer][4]) == (mode, adapter)


@pytest.mark.parametrize("server", SERVERS)
def test_process_exception_is_a_layer(armament: Armament, server: str) -> None:
    """It is told apart from the view that raised."""
    from tests.probes.chain.middleware import EXCEPTION_MS

    answer, took = timed(handler_of(server), "/caught/")
    own = told(armament).own_ms()

    assert answer == (200, b"caught boom")
    check(own, {("Hooks", "process_exception"): EXCEPTION_MS, ("", "view"): 0}, took)


@pytest.mark.parametrize("server", SERVERS)
def test_a_chain_lists_every_middleware_once(armament: Armament, quick: None, server: str) -> None:
    """In the order of MIDDLEWARE, without the one that is not used. An adapter has a copy of its
    middleware's attributes: following those would lead past a layer.
    """
    ask(handler_of(server), "/template/")
    layers = told(armament).layers
    calls = [layer[0] for layer in layers if layer[1] == "call"]

    assert calls == [name for name in MIDDLEWARE if not name.endswith(".Unused")]
    of = {layer[0].removeprefix(HERE): layer for layer in layers if layer[1] == "call"}
    assert of["function"][3:5] == ["sync", ""]
    assert of["async_only"][3] == "async"
    assert of["hybrid"][3] == of["Mixin"][3] == "both"
    assert of["Mixin"][4] == "async_to_sync"
    assert of["Plain"][5][2] == "class Plain"
    assert of["function"][5][2] == "function"
    assert of["function"][5][1] > 0
    assert of["Plain"][5][1] > 0
    assert next(layer for layer in layers if layer[0] == MIDDLEWARE[0])[5] is None


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("path", PATHS)
def test_a_hooked_chain_answers_as_its_twin(
    armament: Armament, quick: None, server: str, path: str
) -> None:
    """Responses, failures, what short-circuits, the order of `process_exception`, streams."""
    handler = handler_of(server)
    armament.disarm()
    bare = ask(handler, path)
    armament.arm()
    watched = ask(handler, path)
    again = ask(handler, path)

    assert hooked(handler) > 0
    assert watched == again == bare
    armament.disarm()
    assert hooked(handler) == 0
    assert ask(handler, path) == bare


@pytest.mark.parametrize("server", SERVERS)
def test_whoever_looks_sees_what_was_there(armament: Armament, quick: None, server: str) -> None:
    """The chain's top, each middleware, its capabilities, and of each hook its name, its object and
    whether it is async.
    """
    from asgiref.sync import iscoroutinefunction

    def seen(handler: Any) -> list[object]:
        found: list[object] = [handler._middleware_chain]
        for inner in inners(handler):
            middleware = inner.__wrapped__
            found += [
                inner, middleware, repr(middleware), iscoroutinefunction(middleware),
                iscoroutinefunction(inner), inner.__name__, inner.__dict__.keys(),
                getattr(middleware, "sync_capable", None),
                getattr(middleware, "async_capable", None),
            ]  # fmt: skip
        for name in HOOKS:
            for item in getattr(handler, name):
                found += [iscoroutinefunction(item), item.__self__, item.__name__]
                found += [item.__qualname__, item.__module__, item.__doc__]
        return found

    armament.disarm()
    handler = handler_of(server)
    ask(handler, "/template/")
    before = seen(handler)
    armament.arm()
    ask(handler, "/template/")

    assert hooked(handler) > 0
    assert seen(handler) == before


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cancelled_request_is_cancelled(armament: Armament, quick: None) -> None:
    """The exception passes each layer, whose time is told until then."""
    from tests.probes.chain import urls

    async def scene() -> None:
        urls.HANGING.clear()
        task = asyncio.ensure_future(asked(handler_of("asgi"), "/hanging/"))
        while not urls.HANGING.is_set():
            assert not task.done()
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with project([f"{HERE}hybrid"]):
        asyncio.run(scene())

    assert set(told(armament).own_ms()) == {("hybrid", "call"), ("", "handler"), ("", "view")}


def test_many_templates_are_bounded(armament: Armament, quick: None) -> None:
    """Those above the bound are one span, and no time is lost; the layers around them are told."""
    from tests.probes.chain.urls import OFTEN, OFTEN_MS

    _, whole = timed(handler_of("wsgi"), "/often/")
    seen = told(armament)
    own = seen.own_ms()
    [took] = [span[2] / 1000 for span in seen.spans if seen.layers[span[0]][1] == "view"]

    assert len(seen.spans) < 100
    assert own["Outer", "call"] <= whole - took
    assert own["", "template"] + own["", "view"] == pytest.approx(took, rel=0.02)
    assert own["", "template"] >= OFTEN * OFTEN_MS * 0.99


def test_units_that_are_not_recorded_have_no_spans(armament: Armament, quick: None) -> None:
    """A skipped unit; an adopted one, which we saw the end of only."""
    handler = handler_of("wsgi")
    armament.ledger.one_in = 1_000_000
    ask(handler, "/quick/")
    assert not armament.ledger.ended

    unit = RequestUnit("wsgi", "GET")
    unit.adopted = True
    armament.ledger.begin(unit)
    middleware = next(each for each in armament._instruments if each.guard.name == "middleware")
    middleware.enter(handler, unit)  # type: ignore[attr-defined]
    armament.ledger.end(unit)
    assert unit.passes is None


def test_views_that_are_made_for_each_request_are_not_kept(
    armament: Armament, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ATOMIC_REQUESTS wraps the URLconf's view anew each time; it is timed, and let go of."""
    from django.db import connections

    middleware: Any = next(i for i in armament._instruments if i.guard.name == "middleware")
    handler = handler_of("wsgi")
    ask(handler, "/quick/")
    kept = dict(middleware._views)
    armament.ledger.ended.clear()
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    ask(handler, "/quick/")

    assert ("", "view") in told(armament).own_ms()
    assert len(kept) == 1
    assert middleware._views == kept
