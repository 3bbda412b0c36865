"""What the feed feeds: the model, seen from here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import Definition, Process


class Sink(Protocol):
    """`model.session.Session` is one. The feed holds its lock around every call."""

    def apply(self, delivery: Delivery) -> None: ...
    def announce(self, processes: Iterable[tuple[Process, float]], now: float) -> None: ...
    def define(self, key: str, value: Definition) -> None: ...
    def wanted(self) -> list[str]: ...
    def gap(self, at: float, what: str) -> None: ...
    def out_of_touch(self) -> None:
        """Redis was away, or we were: nothing is known of what the probes do now."""
        ...

    def watching(self) -> tuple[int, int]:
        """How many processes have reported that they are armed, and how many that they are off."""
        ...
