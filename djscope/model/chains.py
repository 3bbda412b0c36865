"""The chain of a handler as a map: who is sync-only, where adapters sit, and how many hops each
layer really had.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from djscope.model.definitions import Chain, Definitions, Layer, Stack
from djscope.model.hops import hop_count
from djscope.model.units import UnitFact

# A process has one or two handlers; releases come and go.
MAX_CHAINS = 50
# Rows below the layers: hops from lines of the application's, and Django's around the request.
OWN_LINES, AROUND = "the application's own lines", "Django around the request"


@dataclass(slots=True, eq=False)
class ChainStat:
    """Requests that ended in this chain; `hops`: (line, target) → how many; `views` by name."""

    chain_id: str
    n: int = 0
    hops: Counter[tuple[str, str]] = field(default_factory=Counter)
    views: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the map: `number` counts from the outside; `hops` per request, -1 where nothing
    is known of it. `layer` is None below the layers.
    """

    chain_id: str
    number: int
    name: str
    layer: Layer | None
    hops: float
    requests: int

    @property
    def sync_only(self) -> bool:
        """A middleware that makes the server's coroutines wait in a thread."""
        return self.layer is not None and self.layer.can == "sync" and self.layer.hook == "call"


class ChainTable:
    """Chains by id."""

    def __init__(self) -> None:
        self.stats: dict[str, ChainStat] = {}

    def ended(self, fact: UnitFact) -> None:
        if not fact.chain_id:
            return
        stat = self.stats.get(fact.chain_id)
        if stat is None:
            if len(self.stats) >= MAX_CHAINS:
                del self.stats[next(iter(self.stats))]
            stat = self.stats[fact.chain_id] = ChainStat(fact.chain_id)
        stat.n += 1
        if len(stat.views) < MAX_CHAINS:
            stat.views.add(fact.view_id)
        if hop_count(fact):
            for hop in fact.hops:
                stat.hops[hop.site_id, hop.target_id] += hop.n


def steps(stat: ChainStat, defs: Definitions) -> list[Step]:
    """The layers, outermost first, each with the hops to its own functions; then the others."""
    chain: Chain = defs.chain(stat.chain_id)
    counts: Counter[int] = Counter()
    own = around = 0
    for (site_id, target_id), n in stat.hops.items():
        at = whose(defs.text(target_id), defs.stack(site_id), chain, views(stat, defs))
        if at >= 0:
            counts[at] += n
        elif site_id:
            own += n
        else:
            around += n
    each = max(stat.n, 1)
    rows = [
        Step(stat.chain_id, at, layer.name or layer.hook, layer, counts[at] / each, stat.n)
        for at, layer in enumerate(chain.layers)
    ]
    for name, n in ((OWN_LINES, own), (AROUND, around)):
        if n and rows:
            rows.append(Step(stat.chain_id, len(rows), name, None, n / each, stat.n))
    return rows


def views(stat: ChainStat, defs: Definitions) -> frozenset[str]:
    return frozenset(defs.text(view_id) for view_id in stat.views)


def whose(target: str, stack: Stack, chain: Chain, known: frozenset[str]) -> int:
    """The index of the layer that a hop belongs to: by the function it leads to, or else by the
    line it comes from; -1 for none.
    """
    led = [at for at, layer in enumerate(chain.layers) if leads_to(layer, target, known)]
    if led or not stack:
        return led[-1] if led else -1
    for at, layer in enumerate(chain.layers):
        name, place = layer.name.rpartition(".")[2], layer.place
        here = place is not None and place.file == stack[0].file
        if here and name and stack[0].function.startswith(name):
            return at
    return -1


def leads_to(layer: Layer, target: str, known: frozenset[str]) -> bool:
    """Whether a function is this layer's: the middleware, its hook, the view."""
    if layer.hook == "view":
        return target in known
    if layer.hook == "handler":
        return target.startswith("django.core.handlers.")
    owner, _, name = target.rpartition(".")
    if layer.hook == "call":
        return bool(layer.name) and layer.name in (target, owner)
    return bool(layer.name) and (owner, name) == (layer.name, layer.hook)
