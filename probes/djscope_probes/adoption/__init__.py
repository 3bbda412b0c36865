"""Work that was under way when the probe armed: found in frames, and let go again.

Only numbers and names are read from frames; none is kept. Greenlets have no frames to be found.
"""

from __future__ import annotations

from djscope_probes.adoption.coroutines import Coroutines
from djscope_probes.adoption.threads import Threads
from djscope_probes.frames import current_frames
from djscope_probes.ledger import Ledger


class Adoption:
    """The units adopted in one arm. Instruments are in already: what they saw begin is theirs."""

    def __init__(self, ledger: Ledger) -> None:
        self._threads = Threads(ledger)
        self._coroutines = Coroutines(ledger, self._threads)

    def adopt(self) -> None:
        """One pass over all threads, and over the tasks of the loops that run in them."""
        frames = current_frames()
        self._threads.adopt(frames)
        self._coroutines.adopt(frames)

    def sweep(self) -> None:
        """Let go of what is over."""
        if self._threads.any:
            self._threads.sweep(current_frames())
