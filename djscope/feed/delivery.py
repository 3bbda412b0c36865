"""One frame off the channel, decoded: what the model is fed with."""

from __future__ import annotations

from dataclasses import dataclass

from djscope.feed.shapes import Event


@dataclass(frozen=True, slots=True)
class Delivery:
    """`at` is Redis time, `skew` what to add to the sender's clock to get it."""

    process: str
    at: float
    skew: float
    seq: int
    dropped: int
    events: list[Event]
    bytes: int = 0
