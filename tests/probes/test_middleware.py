"""Layers of requests through Django's real handlers: what they take, and that nothing changes."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging
import threading
import time
import weakref
from collections.abc import Iterator
from types import FunctionType
from typing import Any

import pytest

from djscope_probes.arming import Armament
from djscope_probes.guard import LIMIT
from djscope_probes.layers import HOOKS
from djscope_probes.patching import Patches
from djscope_probes.places import cell_of
from djscope_probes.units import RequestUnit
from tests.probes.chain.served import (
    HERE,
    MIDDLEWARE,
    SERVERS,
    Told,
    ask,
    asked,
    handler_of,
    project,
)

PATHS = (
    "/template/", "/slow/", "/slow_async/", "/caught/", "/order/", "/boom/", "/boom_async/",
    "/stream/", "/short/", "/instead/", "/none/",
)  # fmt: skip
# A busy machine only adds.
SLACK_MS = 150


@pytest.fixture(autouse=True)
def settings(shop: None, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    # A failure that was logged holds on to asgiref's threads.
    caplog.set_level(logging.CRITICAL + 1, logger="django.request")
    with project():
        yield
    gc.collect()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing sleeps but the view."""
    from tests.probes.chain import middleware

    monkeypatch.setattr(middleware, "SLEEPS", dict.fromkeys(middleware.SLEEPS, 0))
    for name in ("PROCESS_VIEW_MS", "TEMPLATE_RESPONSE_MS", "EXCEPTION_MS"):
        monkeypatch.setattr(middleware, name, 0)


def told(armament: Armament) -> Told:
    """Of the only request that ended."""
    [unit] = [each for each in armament.ledger.ended if isinstance(each, RequestUnit)]
    armament.ledger.ended.clear()
    return Told(unit)


def inners(handler: Any) -> list[Any]:
    """Every link's function in the handler's chain, by what Django left beside the cells."""
    from djscope_probes import chains

    return [link.inner for link in chains.links(handler)]


def hooked(handler: Any) -> int:
    """How many of its cells and items are ours."""
    cells = [cell_of(inner, "get_response").cell_contents for inner in inners(handler)]
    items = [item for name in HOOKS for item in getattr(handler, name)]
    return sum(
        type(it) is FunctionType and "djscope" in it.__code__.co_filename for it in cells + items
    )


@pytest.mark.parametrize("server", SERVERS)
def test_a_layers_own_time_is_what_it_sleeps(armament: Armament, server: str) -> None:
    """Function, class, mixin, hybrid, async only, and each hook, whatever adapts them."""
    from tests.probes.chain import middleware as m

    ask(handler_of(server), "/template/")
    own = told(armament).own_ms()
    expected = {(name, "call"): ms for name, ms in m.SLEEPS.items()}
    expected[("Hooks", "process_view")] = m.PROCESS_VIEW_MS
    expected[("Hooks", "process_template_response")] = m.TEMPLATE_RESPONSE_MS
    expected |= {("Outer", "call"): 0, ("", "handler"): 0, ("", "template"): 0, ("", "render"): 0}

    for key, ms in expected.items():
        assert ms * 0.99 <= own[key] < ms + SLACK_MS, key


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("path", ["/slow/", "/slow_async/"])
def test_a_view_is_a_layer_in_its_own_mode(
    armament: Armament, quick: None, server: str, path: str
) -> None:
    """A sync view below a sync server is called as it is, else an adapter stands before it."""
    from tests.probes.chain.middleware import VIEW_MS

    ask(handler_of(server), path)
    seen = told(armament)
    [(layer, _, _, own)] = [span for span in seen.spans if seen.layers[span[0]][1] == "view"]
    mode = "async" if "async" in path else "sync"
    adapter = {
        ("sync", "asgi"): "sync_to_async", ("async", "wsgi"): "async_to_sync",
    }.get((mode, server), "")  # fmt: skip

    assert VIEW_MS * 0.99 <= own / 1000 < VIEW_MS + SLACK_MS
    assert (seen.layers[layer][2], seen.layers[layer][4]) == (mode, adapter)


@pytest.mark.parametrize("server", SERVERS)
def test_process_exception_is_a_layer(armament: Armament, server: str) -> None:
    """It is told apart from the view that raised."""
    from tests.probes.chain.middleware import EXCEPTION_MS

    assert ask(handler_of(server), "/caught/") == (200, b"caught boom")

    own = told(armament).own_ms()
    assert EXCEPTION_MS * 0.99 <= own["Hooks", "process_exception"] < EXCEPTION_MS + SLACK_MS
    assert own["", "view"] < SLACK_MS


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


def test_a_handler_that_is_let_go_of_goes(armament: Armament, quick: None) -> None:
    """Test clients make one each: nothing of ours keeps them, nor remembers their wrappers."""
    handler = handler_of("wsgi")
    ask(handler, "/template/")
    gone = weakref.ref(handler)
    del handler
    gc.collect()

    assert gone() is None
    before = armament.wrapped
    other = handler_of("wsgi")
    ask(other, "/template/")
    mine = armament.wrapped - before
    del other
    gc.collect()
    assert armament.wrapped == before
    assert mine == hooked_in_one()


def hooked_in_one() -> int:
    """Eight calls, the handler's, and the hooks of two middleware."""
    return 8 + 1 + 1 + 1 + 2


def test_a_handler_is_hooked_once_by_many_threads(armament: Armament, quick: None) -> None:
    """Requests that come at once, to a handler that has had none while armed."""
    handler = handler_of("wsgi")
    start = threading.Barrier(8)

    def request() -> None:
        start.wait()
        ask(handler, "/template/")

    threads = [threading.Thread(target=request) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert hooked(handler) == hooked_in_one()
    for inner in inners(handler):
        ours = cell_of(inner, "get_response").cell_contents
        assert ours.__wrapped__ is inner.__wrapped__


def test_after_gc_freeze_a_handler_is_found(armament: Armament, quick: None) -> None:
    """A server that froze its objects before it forked: nothing is searched for among them."""
    handler = handler_of("wsgi")
    gc.freeze()
    try:
        ask(handler, "/template/")
    finally:
        gc.unfreeze()

    assert told(armament).own_ms()


class Lazily:
    """Its attribute would ask the database, say."""

    def __init__(self, get_response: Any) -> None:
        from django.utils.functional import SimpleLazyObject

        def evaluate() -> object:
            raise AssertionError("evaluated")

        self.settings = SimpleLazyObject(evaluate)
        self.next_one = get_response

    def __call__(self, request: Any) -> Any:
        return self.next_one(request)


def test_nothing_lazy_is_evaluated(armament: Armament) -> None:
    """`isinstance` asks an object for its class, which evaluates a SimpleLazyObject."""
    with project([f"{__name__}.Lazily"]):
        assert ask(handler_of("wsgi"), "/quick/") == (200, b"quick")

    assert [layer[0] for layer in told(armament).layers if layer[1] == "call"] == [
        f"{__name__}.Lazily"
    ]


class Slotted:
    """Where its `get_response` is cannot be looked up without asking it."""

    __slots__ = ("get_response",)

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)


def partial(get_response: Any) -> Any:
    """A middleware that is a `functools.partial`."""
    return functools.partial(_with, get_response)


def _with(get_response: Any, request: Any) -> Any:
    return get_response(request)


def test_a_chain_is_told_as_far_as_it_can_be_followed(armament: Armament, quick: None) -> None:
    """Through a partial; up to an object that does not show what it calls."""
    with project([f"{HERE}Plain", f"{__name__}.partial", f"{__name__}.Slotted", f"{HERE}Outer"]):
        handler = handler_of("wsgi")
        assert ask(handler, "/quick/") == (200, b"quick")

    own = told(armament).own_ms()
    assert list(own) == [
        ("Plain", "call"), ("_with", "call"), ("Slotted", "call"), ("", "view"),
    ]  # fmt: skip


def wrapped(handler: Any) -> Any:
    """As WhiteNoise, an APM, or a router in front of Django does."""

    def application(environ: Any, start_response: Any) -> Any:
        return handler({**environ, "HTTP_X_AROUND": "yes"}, start_response)

    return application


def test_a_handler_is_found_whatever_is_around_it(
    armament: Armament, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function around it, Django's own handler of static files, both."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler

    monkeypatch.setattr(StaticFilesHandler, "get_base_url", lambda _self: "/static/")
    for around in (wrapped, StaticFilesHandler, lambda it: wrapped(StaticFilesHandler(it))):
        assert ask(around(handler_of("wsgi")), "/quick/") == (200, b"quick")
        assert told(armament).own_ms()["Plain", "call"] >= 0


OTHERS: dict[str, Any] = {}


class Elsewhere:
    """Hands every request to another handler."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = OTHERS["get_response"]

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)


def test_another_handlers_chain_is_left_alone(armament: Armament, quick: None) -> None:
    """What does not end at the handler itself is not hooked; the views are told all the same."""
    other = handler_of("wsgi")
    OTHERS["get_response"] = other._middleware_chain
    with project([f"{__name__}.Elsewhere"]):
        handler = handler_of("wsgi")
        assert ask(handler, "/quick/") == (200, b"quick")
    OTHERS.clear()

    assert inners(handler) == []
    assert hooked(other) == 0
    assert list(told(armament).own_ms()) == [("", "view")]


def test_hooks_go_while_requests_are_in_them(armament: Armament, quick: None) -> None:
    """A request under way ends as it began; every original is back; then they come again."""
    handler = handler_of("wsgi")
    ask(handler, "/quick/")
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(ask(handler, "/slow/")))
    thread.start()
    time.sleep(0.02)
    armament.disarm()
    assert hooked(handler) == 0
    armament.arm()
    thread.join()

    assert answers == [(200, b"slow")]
    ask(handler, "/quick/")
    assert hooked(handler) == hooked_in_one()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_cancelled_request_is_cancelled(armament: Armament, quick: None) -> None:
    """The exception passes each layer, whose time is told until then."""

    async def scene() -> None:
        task = asyncio.ensure_future(asked(handler_of("asgi"), "/slow_async/"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with project([f"{HERE}hybrid"]):
        asyncio.run(scene())

    assert set(told(armament).own_ms()) == {("hybrid", "call"), ("", "handler"), ("", "view")}


def test_many_templates_are_bounded(armament: Armament, quick: None) -> None:
    """Those above the bound are one span, and no time is lost; the layers around them are told."""
    ask(handler_of("wsgi"), "/often/")
    seen = told(armament)
    own = seen.own_ms()
    [took] = [span[2] / 1000 for span in seen.spans if seen.layers[span[0]][1] == "view"]

    assert len(seen.spans) < 100
    assert own["Outer", "call"] < SLACK_MS
    assert own["", "template"] + own["", "view"] == pytest.approx(took, rel=0.02)
    assert own["", "template"] > took / 3


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


def test_an_instrument_that_was_taken_out_does_not_come_back(
    armament: Armament, quick: None
) -> None:
    """A request may be at the door while the probe takes everything out: it hooks nothing."""
    handler = handler_of("wsgi")
    middleware: Any = next(i for i in armament._instruments if i.guard.name == "middleware")
    middleware.patches.restore()
    ask(handler, "/quick/")
    assert hooked(handler) == 0

    middleware.reach()
    middleware.guard.failures = LIMIT
    ask(handler, "/quick/")
    middleware.guard.failures = 0
    assert hooked(handler) == 0


def test_a_cell_that_somebody_wrapped_is_left(armament: Armament, quick: None) -> None:
    """Their wrapper stays, ours under it passes straight through, and viewers are told."""
    handler = handler_of("wsgi")
    ask(handler, "/quick/")
    cell = cell_of(inners(handler)[0], "get_response")
    ours, original = cell.cell_contents, inners(handler)[0].__wrapped__

    def theirs(request: Any) -> Any:
        return ours(request)

    cell.cell_contents = theirs
    armament.disarm()

    patches: Patches = next(
        each.patches for each in armament._instruments if each.guard.name == "middleware"
    )
    assert cell.cell_contents is theirs
    assert patches.lost == [MIDDLEWARE[0]]
    assert ask(handler, "/quick/") == (200, b"quick")
    cell.cell_contents = original


def test_a_chain_that_is_built_anew_is_hooked_anew(armament: Armament, quick: None) -> None:
    """The same handler with other middleware, as tests make it."""
    handler = handler_of("wsgi")
    ask(handler, "/template/")
    armament.ledger.ended.clear()
    with project([f"{HERE}Plain", f"{HERE}Hooks"]):
        handler.load_middleware()
    ask(handler, "/template/")

    assert set(told(armament).own_ms()) == {
        ("Plain", "call"), ("Hooks", "call"), ("", "handler"), ("Hooks", "process_view"),
        ("", "view"), ("Hooks", "process_template_response"), ("", "render"), ("", "template"),
    }  # fmt: skip
