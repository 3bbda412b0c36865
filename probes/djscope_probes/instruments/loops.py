"""Event loops: how late they are, and at which line something keeps all else from running.

Wraps nothing. A loop that lasts gets a heartbeat; one thread looks whether it stops. Loops come and
go without modules being loaded, so they are looked for each second, in the probe's thread.
"""

from __future__ import annotations

import weakref
from itertools import count
from typing import Any

from djscope_probes import wire
from djscope_probes.coroutines import loops_in_threads
from djscope_probes.definitions import Definitions
from djscope_probes.frames import current_frames
from djscope_probes.guard import Guard
from djscope_probes.heartbeat import Heartbeat
from djscope_probes.ledger import Ledger
from djscope_probes.lookout import Lookout
from djscope_probes.patching import Patches
from djscope_probes.pauses import Pauses
from djscope_probes.vigil import Vigil

FIND_NS = 1_000_000_000
# Each loop is told of so often; sooner, but not more than once a second, when it was blocked.
TELL_NS = 5_000_000_000
HURRY_NS = 1_000_000_000
# What a beat takes in the loop's thread, see tests.benchmarks.loops.
BEAT_COST_NS = 50_000
MOST_LOOPS = 20


class LoopsInstrument:
    """`collect` is called at each flush."""

    def __init__(self) -> None:
        self.guard = Guard("loops")
        self.patches = Patches()
        self._ledger = Ledger()
        self._reset()

    def _reset(self) -> None:
        self._vigils: dict[int, Vigil] = {}
        self._told_ns: dict[int, int] = {}
        # Loops at the last look, by id: one that is met twice lasts.
        self._met: dict[int, weakref.ref[Any]] = {}
        self._found_ns = 0
        self._lookout: Lookout | None = None
        self._pauses = Pauses()
        self._cost_ns = self._looked_ns = 0
        self._names = count(1)

    def arm(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reset()

    def reach(self) -> None:
        """Nothing is to be wrapped."""

    def hurry(self) -> None:
        """The process ends: what there is, is to be told now."""
        self._told_ns = dict.fromkeys(self._told_ns, 0)

    def collect(self, now: int, defs: Definitions) -> list[str]:
        """Events, as JSON."""
        if self.guard.tripped:
            return []
        try:
            if now - self._found_ns >= FIND_NS:
                self._found_ns = now
                self._find(now)
            self._account()
            return self._events(now, defs)
        except Exception:
            self.guard.failed()
            return []

    def _find(self, now: int) -> None:
        """Watch over loops that were there a second ago, no longer over those that are gone."""
        met = {}
        for loop, thread in loops_in_threads(current_frames()):
            key = id(loop)
            try:
                met[key] = weakref.ref(loop)
            except TypeError:  # one that we would keep alive
                continue
            before = self._met.get(key)
            if before is not None and before() is loop and key not in self._vigils:
                self._begin(loop, thread, now)
        self._met = met
        gone = [key for key, vigil in self._vigils.items() if vigil.over]
        for key in gone:
            del self._vigils[key], self._told_ns[key]
        if gone:
            self._look_after()
        if self._lookout is not None and not self._vigils:
            self.patches.restore()

    def _begin(self, loop: Any, thread: int, now: int) -> None:
        if len(self._vigils) >= MOST_LOOPS:
            return
        if self._lookout is None:
            self.patches.until_restored(self._end)
            self._pauses.begin()
            self._lookout = Lookout(self.guard)
            self._lookout.begin()
        heart = Heartbeat(loop, thread, self.guard)
        ledger = self._ledger
        self._vigils[id(loop)] = Vigil(
            heart, self._pauses, lambda: list(ledger.running.values()), str(next(self._names))
        )
        # The first time soon: somebody has just come to look.
        self._told_ns[id(loop)] = now - TELL_NS + HURRY_NS
        self._look_after()
        heart.start()

    def _look_after(self) -> None:
        if self._lookout is not None:
            self._lookout.vigils = tuple(self._vigils.values())

    def _end(self) -> None:
        """No heart beats any more, no thread looks."""
        lookout, self._lookout = self._lookout, None
        vigils, self._vigils, self._told_ns = self._vigils, {}, {}
        self._pauses.end()
        if lookout is not None:
            lookout.end()
        for vigil in vigils.values():
            vigil.heart.stop()

    def _events(self, now: int, defs: Definitions) -> list[str]:
        told = []
        for key, vigil in self._vigils.items():
            passed = now - self._told_ns[key]
            if passed < HURRY_NS or (passed < TELL_NS and not vigil.blocked):
                continue
            self._told_ns[key] = now
            taken = vigil.take(now)
            self._cost_ns += taken.beats * BEAT_COST_NS
            told.append(wire.event_json(taken.on_wire(vigil.name, vigil.heart.kind, defs)))
        return told

    def _account(self) -> None:
        """What watching costs is part of what the probe does."""
        looked = self._lookout.cpu_ns if self._lookout is not None else 0
        self._ledger.hooks_ns += max(looked - self._looked_ns, 0) + self._cost_ns
        self._looked_ns, self._cost_ns = looked, 0
