"""Layers as they are counted, and slow_middleware: what must fire beside what must not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from djscope.feed.shapes import (
    Block,
    Group,
    Layer,
    LoopReported,
    RequestRecorded,
    Span,
    StackFrame,
)
from djscope.model.finding import Certainty, Finding, Severity
from djscope.model.findings.order import SECURITY
from djscope.model.middleware import everywhere, of_route, outside_us
from tests.model.scene import Scene, group

SLOW = "shop.middleware.Slow"
LINE = StackFrame("/app/shop/middleware.py", 12, "class Slow", True)
LAYERS = [
    Layer(SECURITY, "call", "sync", "both"),
    Layer(SLOW, "call", "sync", "sync", "", LINE),
    Layer("", "handler", "sync"),
    Layer("", "view", "sync"),
    Layer("", "template", "sync"),
]
ASYNC = [Layer(each.name, each.hook, "async", each.can, "", each.line) for each in LAYERS]


def spans(own_ms: int, view_ms: int = 5) -> tuple[Span, ...]:
    """A request that takes `own_ms` in the slow middleware and `view_ms` in the view."""
    own, view = own_ms * 1000, view_ms * 1000
    return (
        Span(0, 10, own + view + 40, 20), Span(1, 20, own + view + 20, own),
        Span(2, 30 + own, view + 10, 10), Span(3, 40 + own, view, view),
    )  # fmt: skip


class Layered(Scene):
    """Requests with spans; each has a chain of its own if told."""

    def passed(
        self,
        n: int,
        found: Sequence[Span],
        *groups: Group,
        chain: Sequence[Layer] = LAYERS,
        **changes: Any,
    ) -> None:
        key = "c" + "".join(layer.mode[0] for layer in chain) + str(len(chain))
        self.session.define(key, list(chain))
        wall = max((span.offset_us + span.took_us for span in found), default=0) + 100
        for _ in range(n):
            unit = self.unit(*groups, **{"wall_us": wall, **changes})
            self.deliver(
                RequestRecorded(unit, "GET", "nview", 200, "wsgi", wall, key, tuple(found))
            )

    def slow(self) -> list[Finding]:
        return [each for each in self.findings() if each.kind == "slow_middleware"]


def test_a_middleware_that_takes_long_itself_is_slow() -> None:
    """With its class's line, its share of the route's time, and what to do."""
    scene = Layered()
    scene.passed(12, spans(40))
    [found] = scene.slow()

    assert found.title == "Slow takes 40 ms itself per request (p50 of 12)"
    assert found.unit == "books/"
    assert (found.where.file, found.where.line) == ("/app/shop/middleware.py", 12)
    assert found.certainty is Certainty.CERTAIN
    assert found.severity is Severity.WARNING
    assert found.cost["ms_per_unit"] == 40
    assert "cache.get_or_set" in found.advice[0].code


@pytest.mark.parametrize(
    ("what", "n", "own_ms", "view_ms"),
    [
        ("few samples", 9, 400, 5),
        ("it waits for the view", 30, 1, 900),
        ("quick enough", 30, 15, 5),
    ],
)
def test_what_is_no_slow_middleware(what: str, n: int, own_ms: int, view_ms: int) -> None:
    """Few samples, one that waits for what is within, one that is quick; and never the view."""
    scene = Layered()
    scene.passed(n, spans(own_ms, view_ms))

    assert scene.slow() == [], what


def test_a_slow_one_among_quick_ones_is_none() -> None:
    """The median counts: a third of the requests may pay for a cache that was empty."""
    scene = Layered()
    scene.passed(20, spans(1))
    scene.passed(10, spans(500))

    assert scene.slow() == []


def test_one_that_answers_by_itself_does_the_work() -> None:
    """It serves files, say, or is a whole application: no layer within it was reached."""
    scene = Layered()
    scene.passed(20, (Span(0, 10, 60_000, 20), Span(1, 20, 59_000, 59_000)))

    assert scene.slow() == []


def test_a_template_or_a_view_is_never_one() -> None:
    """They have no name: other rules are for them."""
    scene = Layered()
    scene.passed(20, (*spans(1, 300), Span(4, 1200, 250_000, 250_000)))

    assert scene.slow() == []


def test_where_it_is_async_it_may_be_waiting() -> None:
    """For a thread or the event loop: it takes more to say so, and it is likely at most."""
    scene = Layered()
    scene.passed(20, spans(40), chain=ASYNC)
    assert scene.slow() == []

    scene = Layered()
    scene.passed(20, spans(90), chain=ASYNC)
    [found] = scene.slow()
    assert found.certainty is Certainty.LIKELY


ADAPTED = [
    Layer(SECURITY, "call", "sync", "both"),
    Layer(SLOW, "call", "sync", "sync", "", LINE),
    Layer("", "handler", "async", "both", "async_to_sync"),
    Layer("", "view", "sync"),
]


@pytest.mark.parametrize("chain", [ASYNC, ADAPTED], ids=["async", "adapted within"])
def test_who_waits_for_a_blocked_loop_is_not_to_blame(chain: list[Layer]) -> None:
    """Its own time may be another request's: said with less certainty, and not at all once a loop
    of these processes stood still.
    """
    scene = Layered()
    scene.passed(12, spans(200), chain=chain)
    [found] = scene.slow()
    assert found.certainty is Certainty.LIKELY

    block = Block("s1", "io", 1, 300_000, 300_000, 0, 0)
    scene.deliver(LoopReported("7f", "uvloop", 20, 300_000, [(19, 1)], (block,)))
    assert scene.slow() == []


def test_a_loop_that_was_blocked_says_nothing_of_sync_code() -> None:
    """A sync middleware with sync code within takes its own time, whatever loops do."""
    scene = Layered()
    scene.passed(12, spans(40))
    block = Block("s1", "io", 1, 300_000, 300_000, 0, 0)
    scene.deliver(LoopReported("7f", "uvloop", 20, 300_000, [(19, 1)], (block,)))
    [found] = scene.slow()

    assert found.certainty is Certainty.CERTAIN


def test_few_requests_on_each_of_many_routes_are_enough() -> None:
    """Ten in all, where it is slow on most of them."""
    scene = Layered()
    for route in range(5):
        scene.session.define(f"nroute{route}", f"route{route}/")
        scene.passed(2, spans(40), name_id=f"nroute{route}")
    [found] = scene.slow()

    assert found.unit == "all routes"
    assert found.count == 10


def test_it_says_that_its_time_is_sql() -> None:
    """The stack of a query that a middleware asks for ends in it."""
    scene = Layered()
    scene.session.define("smw", [StackFrame("/app/shop/middleware.py", 20, "Slow.user", True)])
    scene.passed(12, spans(40), group(n=2, total_us=30_000, stack_id="smw"))
    [found] = scene.slow()

    assert found.title.endswith(", most of it SQL")
    assert "queries" in found.advice[0].text

    scene = Layered()
    scene.passed(12, spans(40), group(n=2, total_us=30_000))
    [found] = scene.slow()
    assert "SQL" not in found.title


def test_on_most_routes_it_is_one_finding() -> None:
    """Of all routes; on one of many it is that route's."""
    scene = Layered()
    for number in range(4):
        scene.session.define(f"nr{number}", f"r{number}/")
        scene.passed(12, spans(40), name_id=f"nr{number}")
    [found] = scene.slow()
    assert (found.unit, found.count, found.evidence["routes"]) == ("all routes", 48, 4)

    scene = Layered()
    for number in range(4):
        scene.session.define(f"nr{number}", f"r{number}/")
        scene.passed(12, spans(40 if number == 2 else 1), name_id=f"nr{number}")
    [found] = scene.slow()
    assert found.unit == "r2/"


def test_before_its_chain_is_known_there_is_no_verdict() -> None:
    """Definitions may come after what uses them; what was counted until then is not lost."""
    scene = Layered()
    scene.passed(12, spans(40))
    known = scene.session.definitions.known
    [key] = [key for key in known if key.startswith("cs")]
    chain = known.pop(key)
    assert scene.slow() == []

    known[key] = chain
    assert len(scene.slow()) == 1


def test_layers_are_put_together_by_name_and_hook() -> None:
    """Of two handlers, one sync and one async: one row, with both modes."""
    scene = Layered()
    scene.passed(3, spans(10))
    scene.passed(2, spans(30), chain=ASYNC)
    stats = {stat.key: stat for stat in everywhere(scene.session.layers, scene.session.definitions)}
    slow = stats[SLOW, "call"]

    assert (slow.passed.n, slow.mode, slow.passed.median_us) == (5, "sync/async", 10_000)
    assert slow.passed.own_us == 90_000
    assert slow.passed.own.n == 5
    names = [
        stat.layer.hook
        for stat in of_route(scene.session.layers, scene.session.definitions, "nroute")
    ]
    assert names == ["call", "call", "handler", "view"]


def test_what_is_in_no_layer_is_the_rest() -> None:
    """Until the response was there; streaming comes after it."""
    scene = Layered()
    scene.passed(1, spans(10), wall_us=90_000)
    [fact] = scene.session.recent

    assert outside_us(fact) == fact.answer_us - fact.spans[0].took_us
    assert fact.answer_us == 15_150


def test_starting_anew_forgets_layers() -> None:
    """As it forgets queries."""
    scene = Layered()
    scene.passed(12, spans(40))
    scene.session.reset(scene.at)

    assert everywhere(scene.session.layers, scene.session.definitions) == []
