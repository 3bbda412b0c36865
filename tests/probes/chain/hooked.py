"""What of a handler's chain is ours, and what was told of a request."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from djscope_probes.arming import Armament
from djscope_probes.layers import HOOKS
from djscope_probes.places import cell_of
from djscope_probes.units import RequestUnit
from tests.probes.chain.served import (
    Told,
)

# Eight calls and the handler's own, and the hooks of two middleware.
HOOKED = 8 + 1 + 4


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
