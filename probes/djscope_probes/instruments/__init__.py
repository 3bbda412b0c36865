"""What is measured, one file per problem. An instrument wraps through `Patches` and books on units.

`arm(ledger)` begins anew; `reach()` wraps what is loaded and is called again when more is: a
process that starts while somebody watches is armed before it has loaded its handlers.
`Patches.restore()` is the other half. Modules of the host are looked up, never imported: what the
process does not use is not there to measure.
"""

from __future__ import annotations

from typing import Protocol

from djscope_probes.guard import Guard
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Patches


class Instrument(Protocol):
    """A module-level object per problem; `patches` are its own, so that it can go alone."""

    guard: Guard
    patches: Patches

    def arm(self, ledger: Ledger) -> None: ...
    def reach(self) -> None: ...
