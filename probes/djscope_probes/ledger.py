"""Units under way and units that ended, on their way to the probe's thread. Bounded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from itertools import count
from os import getpid

from djscope_probes.units import Unit, enter, leave

# More units than this between two flushes are dropped and counted.
CAPACITY = 2_000
# More units under way than this are not begun: a server that never ends its requests, say.
RUNNING = 10_000
# A unit under way with more queries than this is one that costs: what hangs has fewer.
LOUD = 200


class Ledger:
    """Hosts' threads put in, the probe's thread takes out; deque and dict operations are atomic."""

    def __init__(self) -> None:
        self.running: dict[str, Unit] = {}
        self.ended: deque[Unit] = deque()
        # Units that ended, over all arms; of those, and of what else is told once, what was not
        # told: the probe's thread counts in whatever it takes, and out again what it published.
        self.total = 0
        self.dropped = 0
        # Under way when the last arm ended.
        self.cut = 0
        # Of so many units one is recorded; the governor raises it.
        self.one_in = 1
        # Sampled: what the hooks in the host's threads took, in nanoseconds.
        self.hooks_ns = 0
        # What somebody wants to see deeply: (kind, name) of units, or all.
        self.deep: frozenset[tuple[str, str]] = frozenset()
        self.deep_all = False
        # What a forked child does: it has our wrappers, and not the thread that takes out of here.
        self.abandon: Callable[[], object] = self.clear
        self._pid = getpid()
        self._ids = count(1)
        self._turns = count(1)

    def begin(self, unit: Unit) -> None:
        """`unit` starts in the calling context."""
        if not self.its_turn():
            unit.skipped, unit.open = True, False
        else:
            self.adopt(unit)
        enter(unit)

    def its_turn(self) -> bool:
        """Whether the unit that begins now is one of those that are recorded."""
        return self.one_in == 1 or next(self._turns) % self.one_in == 0

    def thin(self, one_in: int) -> None:
        """From now on one unit in so many is recorded; also of those under way, if they cost."""
        self.one_in = one_in
        for unit in list(self.running.values()):
            if unit.queries > LOUD and not self.its_turn():
                # It goes on, and is still the one of its context and thread.
                unit.skipped = unit.vanished = True
                unit.cpu_ns = -1
                unit.close()
                self._settle(unit)

    def adopt(self, unit: Unit) -> None:
        """`unit` was under way already; its thread is known by `units.adopted`."""
        if len(self.running) >= RUNNING or getpid() != self._pid:
            self._refuse(unit)
            return
        unit.id = f"{next(self._ids):x}"
        self.named(unit)
        self.running[unit.id] = unit

    def named(self, unit: Unit) -> None:
        """`unit` has its name now: does somebody want all of it?"""
        unit.deep = self.deep_all or (bool(self.deep) and (unit.kind, unit.name) in self.deep)

    def end(self, unit: Unit) -> None:
        """`unit` ended. Twice is once."""
        if not unit.open:
            if unit.skipped:
                leave(unit)
            return
        unit.close()
        leave(unit)
        self._settle(unit)

    def vanish(self, unit: Unit) -> None:
        """An adopted unit is gone and nobody saw how it ended."""
        unit.vanished = True
        unit.cpu_ns = -1
        self.end(unit)

    def clear(self) -> None:
        """Nobody watches any more: let go of everything."""
        for unit in list(self.running.values()):
            unit.open, unit.repeated = False, None
            leave(unit)
        self.cut += len(self.running)
        self.running.clear()
        while self.ended:
            self.ended.popleft()
            self.dropped += 1

    def resume(self) -> None:
        """Armed anew, and what goes on adopted: what does not ended unseen, at least so many."""
        unseen, self.cut = max(self.cut - len(self.running), 0), 0
        self.total += unseen
        self.dropped += unseen

    def forget(self) -> None:
        """Other viewers than before: what was lost is not theirs."""
        self.dropped = self.cut = 0

    def _refuse(self, unit: Unit) -> None:
        unit.open = False
        if getpid() == self._pid:
            self.total += 1
            self.dropped += 1
        else:
            self.abandon()

    def _settle(self, unit: Unit) -> None:
        if self.running.pop(unit.id, None) is None:
            return
        self.total += 1
        if len(self.ended) >= CAPACITY:
            self.dropped += 1
        else:
            self.ended.append(unit)
