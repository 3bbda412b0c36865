"""Passes through layers: noted in passing, and nested into exclusive times by who records units."""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple

from djscope_probes import wire
from djscope_probes.wire import Layer

# Of one unit, by themselves; what passes once per request is told in any case, up to a bound.
MOST = 64
BOUND = 128
# (layer, began, ended) in nanoseconds of `now_ns`; a layer below zero counts from the end.
Pass = tuple[int, int, int]


class Chain:
    """What the requests of one handler pass through. `top` tells whether it is built anew."""

    __slots__ = ("layers", "top")

    def __init__(self, top: Any, layers: tuple[Layer, ...]) -> None:
        self.top = weakref.ref(top)
        self.layers = layers


class Rest:
    """Passes through one layer above the bound, as one."""

    __slots__ = ("began", "ended", "total")

    def __init__(self, began: int) -> None:
        self.began = began
        self.ended = began
        self.total = 0


class Passes(list[Pass]):
    """Of one unit; appended to in the host's threads, read in the probe's."""

    __slots__ = ("chain", "rests")

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        # Made at the first that is above the bound.
        self.rests: dict[int, Rest] | None = None

    def more(self, layer: int, began: int, ended: int) -> None:
        """One more of a layer that a request may pass any number of times."""
        if len(self) < MOST:
            self.append((layer, began, ended))
            return
        if self.rests is None:
            self.rests = {}
        rest = self.rests.get(layer)
        if rest is None:
            rest = self.rests[layer] = Rest(began)
        rest.ended = ended
        rest.total += ended - began


class Open(NamedTuple):
    """A pass, what of it other passes within took, and until when they are counted."""

    layer: int
    began: int
    ended: int
    took: int


def on_wire(passes: Passes, unit_began: int) -> list[wire.Span]:
    """In the order in which they began; `own`: without what any pass within took."""
    n = len(passes.chain.layers)
    every = [Open(layer, began, ended, ended - began) for layer, began, ended in list(passes)]
    every += [
        Open(layer, rest.began, rest.ended, rest.total)
        for layer, rest in list((passes.rests or {}).items())
    ]
    every.sort(key=lambda each: (each.began, -each.ended))
    spans = []
    for each, within in zip(every, covered(every), strict=True):
        layer = each.layer if each.layer >= 0 else n + each.layer
        own = max(each.took - within, 0) // 1000
        offset = max(each.began - unit_began, 0) // 1000
        spans.append(wire.Span(layer, offset, each.took // 1000, own))
    return spans


def covered(every: list[Open]) -> list[int]:
    """Of each, how much the passes directly within it took; those at the same time count once."""
    within = [0] * len(every)
    until = [each.began for each in every]
    outer: list[int] = []
    for index, each in enumerate(every):
        while outer and every[outer[-1]].ended < each.ended:
            outer.pop()
        if outer:
            around = outer[-1]
            end = min(each.ended, every[around].ended)
            alone = max(end - max(each.began, until[around]), 0)
            within[around] += min(alone, each.took)
            until[around] = max(until[around], end)
        outer.append(index)
    return within
