"""Exclusive times, from nested passes."""

from __future__ import annotations

import pytest

from djscope_probes.spans import BOUND, MOST, Chain, Passes, on_wire
from djscope_probes.wire import Layer

LAYERS = tuple(Layer("", hook, "sync") for hook in ("call", "handler", "view", "template"))
VIEW, TEMPLATE = -2, -1


class Top:
    """Stands for a chain's first function."""


TOP = Top()


def passes(*noted: tuple[int, int, int]) -> Passes:
    """In microseconds here."""
    found = Passes(Chain(TOP, LAYERS))
    found += [(layer, began * 1000, ended * 1000) for layer, began, ended in noted]
    return found


def own(of: Passes) -> list[tuple[int, int, int]]:
    """(layer, offset, own) of each, in the order in which they began."""
    return [(span.layer, span.offset_us, span.own_us) for span in on_wire(of, 0)]


def test_a_pass_does_not_count_what_is_within_it() -> None:
    """Only what is directly within: what is deeper is counted there."""
    seen = passes((TEMPLATE, 40, 60), (VIEW, 30, 80), (1, 20, 90), (0, 10, 100))

    assert own(seen) == [(0, 10, 20), (1, 20, 20), (2, 30, 30), (3, 40, 20)]


def test_what_runs_at_the_same_time_counts_once() -> None:
    """Two templates in two threads of one view."""
    seen = passes((TEMPLATE, 10, 60), (TEMPLATE, 30, 80), (VIEW, 0, 100))

    assert own(seen)[0] == (2, 0, 30)


@pytest.mark.parametrize("ended", [0, 10])
def test_a_pass_that_takes_no_time_is_one(ended: int) -> None:
    """Clocks may not have moved."""
    assert own(passes((0, ended, ended))) == [(0, ended, 0)]


def test_what_has_not_ended_is_not_there() -> None:
    """A request under way has passed the inner layers only."""
    assert own(passes((VIEW, 30, 80))) == [(2, 30, 50)]


def test_those_above_the_bound_are_one() -> None:
    """Their times are summed, and the layer around them is without that sum."""
    seen = passes()
    for n in range(MOST + 100):
        seen.more(TEMPLATE, n * 10_000, n * 10_000 + 4_000)
    seen.append((VIEW, 0, 10_000_000))
    spans = on_wire(seen, 0)

    assert len(spans) == MOST + 2 < BOUND
    assert spans[-1] == (3, MOST * 10, 400, 400)
    assert spans[0].own_us == 10_000 - (MOST + 100) * 4
