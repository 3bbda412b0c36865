"""Chains of odd shapes, and handlers in odd places."""

from __future__ import annotations

import functools
import gc
from typing import Any

import pytest

from djscope_probes.arming import Armament
from tests.probes.chain.hooked import hooked, inners, told
from tests.probes.chain.served import (
    HERE,
    ask,
    handler_of,
    project,
)


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
