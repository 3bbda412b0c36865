"""The one registry of everything that is put into the host, so that all of it can be put back.

Targets are attributes of classes and modules, never lists that other threads iterate. Wrappers bind
what they need in closures: taking one out never breaks a call in flight.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


class Patch:
    """One wrapped attribute. A wrapper must pass straight through while `on` is false."""

    __slots__ = ("name", "on", "original", "owner", "wrapper")

    def __init__(self, owner: Any, name: str) -> None:
        self.owner = owner
        self.name = name
        # Through __dict__: getattr would find an inherited attribute or a bound descriptor.
        self.original: Function = owner.__dict__[name]
        self.wrapper: Function = self.original
        self.on = True

    @property
    def label(self) -> str:
        return f"{getattr(self.owner, '__name__', self.owner)}.{self.name}"

    @property
    def on_top(self) -> bool:
        """Nobody wrapped the attribute again, over us."""
        return self.owner.__dict__.get(self.name) is self.wrapper


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
        return [patch.label for patch in self._buried.values()]

    @property
    def count(self) -> int:
        return len(self._in) + len(self._receivers) + len(self._ends)

    def wrap(self, owner: Any, name: str, make: Callable[[Function, Patch], Function]) -> None:
        """Replace `owner.name` by `make(original, patch)`, disguised as the original."""
        key = (id(owner), name)
        if key in self._in:
            return
        buried = self._buried.pop(key, None)
        if buried is not None and owner.__dict__.get(name) is not buried.original:
            buried.on = True
            self._in[key] = buried
            return
        patch = Patch(owner, name)
        patch.wrapper = functools.update_wrapper(make(patch.original, patch), patch.original)
        setattr(owner, name, patch.wrapper)
        self._in[key] = patch

    def listen(self, signal: Any, receiver: Function, uid: str) -> None:
        """Connect to a Django or Celery signal, strongly, under a name that can be taken back."""
        if (id(signal), uid) not in self._receivers:
            signal.connect(receiver, weak=False, dispatch_uid=uid)
            self._receivers[id(signal), uid] = signal

    def until_restored(self, end: Callable[[], object]) -> None:
        """Something goes on in the host until `end` is called, which may not fail half-way."""
        self._ends.append(end)

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
                setattr(patch.owner, patch.name, patch.original)
            else:
                self._buried[key] = patch
