"""What layers cost: each of a handler's chain, per route, since the viewer came.

Spans name layers by their place in a chain whose definition may come later: they are counted by
that place, and put together by name and hook when somebody asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from djscope.model.definitions import Chain, Definitions, Layer
from djscope.model.histogram import Histogram
from djscope.model.routes import exact
from djscope.model.units import UnitFact

# Layers of routes; new ones above that are not counted.
MAX_STATS = 5_000
# A median is that of so many last requests.
RECENT = 50
# What is Django's own has no name; here it is called after its hook.
OWN_NAMES = {
    "handler": "(handler)", "view": "(view)", "template": "(template)",
    "render": "(response.render)",
}  # fmt: skip
LayerKey = tuple[str, str]


@dataclass(slots=True, eq=False)
class Passed:
    """One layer on one route. Microseconds per request, however often it passed the layer.

    `own`: without what layers within took. `answered`: requests that went no further.
    """

    n: int = 0
    passes: int = 0
    answered: int = 0
    own_us: int = 0
    took_us: int = 0
    own_max_us: int = 0
    took_max_us: int = 0
    own: Histogram = field(default_factory=Histogram)
    took: Histogram = field(default_factory=Histogram)
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=RECENT))

    def add(self, took_us: int, own_us: int, passes: int, on: bool) -> None:
        """One request."""
        self.n += 1
        self.passes += passes
        self.answered += not on
        self.own_us += own_us
        self.took_us += took_us
        self.own_max_us = max(self.own_max_us, own_us)
        self.took_max_us = max(self.took_max_us, took_us)
        self.own.add(own_us)
        self.took.add(took_us)
        self.recent.append(own_us)

    @property
    def median_us(self) -> int:
        """Own time, of the last requests."""
        return exact(list(self.recent), 0.5)

    def own_quantile_us(self, q: float) -> int:
        return self.own.quantile(q, self.own_max_us)


def summed(parts: Sequence[Passed]) -> Passed:
    """Several as one: of different handlers, or routes."""
    if len(parts) == 1:
        return parts[0]
    whole = Passed(
        n=sum(each.n for each in parts),
        passes=sum(each.passes for each in parts),
        answered=sum(each.answered for each in parts),
        own_us=sum(each.own_us for each in parts),
        took_us=sum(each.took_us for each in parts),
        own_max_us=max((each.own_max_us for each in parts), default=0),
        took_max_us=max((each.took_max_us for each in parts), default=0),
        recent=deque(chain.from_iterable(each.recent for each in parts)),
    )
    whole.own.counts = added(whole.own, [each.own for each in parts])
    whole.took.counts = added(whole.took, [each.took for each in parts])
    whole.own.n = whole.took.n = whole.n
    return whole


def added(first: Histogram, others: Iterable[Histogram]) -> list[int]:
    return [sum(counts) for counts in zip(first.counts, *(o.counts for o in others), strict=True)]


@dataclass(slots=True)
class LayerStat:
    """A layer by name and hook; `order` is its place in the chain.

    By the name id of the route: `modes`, how it is called, and `parts`, what was counted of it.
    `crossed`: those where its own time may be a wait for a thread or for the event loop.
    """

    layer: Layer
    order: int
    modes: dict[str, set[str]] = field(default_factory=dict)
    parts: dict[str, list[Passed]] = field(default_factory=dict)
    crossed: set[str] = field(default_factory=set)

    @property
    def key(self) -> LayerKey:
        return key_of(self.layer)

    @property
    def mode(self) -> str:
        """`sync`, `async`, `sync/async`."""
        return "/".join(sorted(set().union(*self.modes.values()), reverse=True))

    def alone_on(self, name_ids: Iterable[str]) -> bool:
        """On these routes its own time is spent in itself, whatever others do."""
        return self.crossed.isdisjoint(name_ids)

    @property
    def passed(self) -> Passed:
        """Over all of its routes."""
        return summed([part for parts in self.parts.values() for part in parts])

    def on(self, name_id: str) -> Passed:
        """On one route."""
        return summed(self.parts.get(name_id, []))


class LayerTable:
    """All layers of all routes."""

    def __init__(self) -> None:
        # (route's name id, chain id) → by the layer's place in the chain.
        self.routes: dict[tuple[str, str], dict[int, Passed]] = {}
        self._count = 0

    def ended(self, fact: UnitFact) -> None:
        """Count a request that ended."""
        if not fact.spans:
            return
        layers = self.routes.setdefault((fact.unit.name_id, fact.chain_id), {})
        passed = per_layer(fact)
        for place, (took, own, passes) in passed.items():
            stat = layers.get(place)
            if stat is None:
                if self._count >= MAX_STATS:
                    continue
                self._count += 1
                stat = layers[place] = Passed()
            stat.add(took, own, passes, place + 1 in passed)

    def reset(self) -> None:
        self.routes.clear()
        self._count = 0


def per_layer(fact: UnitFact) -> dict[int, tuple[int, int, int]]:
    """Place in the chain → (took, own, passes) of one request, in the order of first passes."""
    found: dict[int, tuple[int, int, int]] = {}
    for span in fact.spans:
        place = span.layer
        if place in found:
            took, own, passes = found[place]
            found[place] = (took + span.took_us, own + span.own_us, passes + 1)
        else:
            found[place] = (span.took_us, span.own_us, 1)
    return found


def outside_us(fact: UnitFact) -> int:
    """Until the response was there, in no layer at all: the handler around them, and waits."""
    ends, within = 0, 0
    for span in sorted(fact.spans, key=lambda each: each.offset_us):
        end = span.offset_us + span.took_us
        within += max(end - max(span.offset_us, ends), 0)
        ends = max(ends, end)
    return max(fact.answer_us - within, 0)


def key_of(layer: Layer) -> LayerKey:
    return layer.name, layer.hook


def label(layer: Layer) -> str:
    """`shop.middleware.Slow`, `shop.middleware.Slow.process_view`, `(view)`."""
    if not layer.name:
        return OWN_NAMES.get(layer.hook, layer.hook)
    return layer.name if layer.hook == "call" else f"{layer.name}.{layer.hook}"


def layer_at(of: Chain, place: int) -> Layer | None:
    return of.layers[place] if 0 <= place < len(of.layers) else None


def everywhere(table: LayerTable, defs: Definitions) -> list[LayerStat]:
    """All layers over all routes, whose definitions are known."""
    return list(_merged(table, defs, table.routes).values())


def of_route(table: LayerTable, defs: Definitions, name_id: str) -> list[LayerStat]:
    """The layers of one route, outermost first."""
    keys = [key for key in table.routes if key[0] == name_id]
    return sorted(_merged(table, defs, keys).values(), key=lambda each: each.order)


def _merged(
    table: LayerTable, defs: Definitions, keys: Iterable[tuple[str, str]]
) -> dict[LayerKey, LayerStat]:
    found: dict[LayerKey, LayerStat] = {}
    for (name_id, chain_id), layers in ((key, table.routes[key]) for key in list(keys)):
        known = defs.chain(chain_id)
        for place, passed in list(layers.items()):
            layer = layer_at(known, place)
            if layer is None:
                continue
            stat = found.setdefault(key_of(layer), LayerStat(layer, place))
            stat.modes.setdefault(name_id, set()).add(layer.mode)
            stat.parts.setdefault(name_id, []).append(passed)
            if crosses(known, place):
                stat.crossed.add(name_id)
    return found


def crosses(of: Chain, place: int) -> bool:
    """It is async, or Django adapted what is right within it."""
    layer, within = layer_at(of, place), layer_at(of, place + 1)
    if layer is None or layer.mode == "async":
        return True
    return layer.hook == "call" and within is not None and bool(within.adapter)


def chains_of(table: LayerTable, defs: Definitions) -> Iterator[Chain]:
    """Each chain that a request has gone down."""
    for chain_id in dict.fromkeys(chain_id for _, chain_id in list(table.routes)):
        yield defs.chain(chain_id)
