"""The one registry of everything that is put into the host, so that all of it can be put back.

Targets are places that are looked up at each call, see `places`; nothing is ever inserted into a
list that other threads iterate. Wrappers bind what they need in closures: taking one out never
breaks a call in flight.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from djscope_probes.places import Attribute, Place

Function = Callable[..., Any]
Make = Callable[[Function, "Patch"], Function]


def disguised(function: Function, original: Function) -> Function:
    """`function` with the name, module and text of `original`."""
    return functools.update_wrapper(function, original)


class Property(property):
    """Of the host's, with functions of ours: what `property` makes cannot be held weakly."""


class Patch:
    """One wrapped place. A wrapper must pass straight through while `on` is false.

    It is held by whoever holds the place, and holds the original itself: what the host lets go of
    goes with both.
    """

    __slots__ = ("_wrapper", "on", "place")

    def __init__(self, place: Place, make: Make) -> None:
        self.place = place
        self.on = True
        original = place.get()
        if original is None:
            raise LookupError(place.label)
        # Somebody else's callable may have no name or an odd `__dict__`: as much as there is.
        wrapper = functools.update_wrapper(make(original, self), original)
        self._wrapper = weakref.ref(wrapper)
        place.put(original, wrapper)

    @property
    def wrapper(self) -> Any:
        """None once the host has let go of it."""
        return self._wrapper()

    @property
    def original(self) -> Function | None:
        return getattr(self.wrapper, "__wrapped__", None)

    @property
    def label(self) -> str:
        return self.place.label

    @property
    def on_top(self) -> bool:
        """Nobody wrapped the place again, over us."""
        return self.wrapper is not None and self.place.holds(self.wrapper)

    @property
    def gone(self) -> bool:
        """The host has let go of it all."""
        return not self.place.there or self.wrapper is None


class Patches:
    """Symmetric and idempotent: twice is once; put back is `is` the original."""

    def __init__(self) -> None:
        self._in: dict[tuple[int, str], Patch] = {}
        # Somebody wrapped over these: their wrapper calls ours, so ours stays, switched off.
        self._buried: dict[tuple[int, str], Patch] = {}
        self._receivers: dict[tuple[int, str], Any] = {}
        # How to end what else goes on in the host: threads, timers.
        self._ends: list[Callable[[], object]] = []

    @property
    def lost(self) -> list[str]:
        """What could not be put back, because somebody else's wrapper holds on to ours."""
        return [patch.label for patch in list(self._buried.values()) if not patch.gone]

    @property
    def count(self) -> int:
        there = sum(not patch.gone for patch in list(self._in.values()))
        return there + len(self._receivers) + len(self._ends)

    def wrap(self, owner: Any, name: str, make: Make) -> None:
        """Replace `owner.name` by `make(original, patch)`, disguised as the original."""
        self.put(Attribute(owner, name), make)

    def put(self, place: Place, make: Make) -> None:
        """Replace what is at `place` by `make(original, patch)`."""
        key = place.key
        known = self._in.get(key)
        if known is not None and not known.gone:
            return
        buried = self._buried.pop(key, None)
        if buried is not None and not buried.gone and place.get() is not buried.original:
            buried.on = True
            self._in[key] = buried
            return
        self._in[key] = Patch(place, make)

    def sweep(self) -> None:
        """Forget what the host has let go of."""
        for patches in (self._in, self._buried):
            for key, patch in list(patches.items()):
                if patch.gone:
                    patches.pop(key, None)

    def listen(self, signal: Any, receiver: Function, uid: str) -> None:
        """Connect to a Django or Celery signal, strongly, under a name that can be taken back."""
        if (id(signal), uid) not in self._receivers:
            # Noted first: whoever forks meanwhile has to know which locks may be held.
            self._receivers[id(signal), uid] = signal
            signal.connect(receiver, weak=False, dispatch_uid=uid)

    def until_restored(self, end: Callable[[], object]) -> None:
        """Something goes on in the host until `end` is called, which may not fail half-way."""
        self._ends.append(end)

    def heal(self) -> None:
        """After a fork: a signal's lock may be held by a thread that is not here, perhaps ours."""
        for signal in self._receivers.values():
            lock: Any = getattr(signal, "lock", None)
            renew = getattr(lock, "_at_fork_reinit", None)
            if renew is not None and lock.locked():
                renew()

    def restore(self) -> None:
        """Put everything back, last in first out."""
        while self._ends:
            self._ends.pop()()
        while self._receivers:
            (_, uid), signal = self._receivers.popitem()
            signal.disconnect(dispatch_uid=uid)
        while self._in:
            key, patch = self._in.popitem()
            patch.on = False
            if patch.on_top:
                patch.place.put(patch.wrapper, patch.original)
            elif not patch.gone:
                self._buried[key] = patch
