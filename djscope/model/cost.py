"""What djscope itself costs, as its probes and its channel tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from djscope.feed.status import FeedStatus
from djscope.model.processes import ProcessFact

# What probes let the channel hold, and what Redis needs beside the payload.
CHANNEL_BYTES = 8_000_000
OVERHEAD = 1.3


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU as shares of one core; `most` is the process whose probe needs most.

    `held_bytes` is what the channel takes in Redis, None where that is not known.
    """

    cpu_share: float = 0.0
    most: ProcessFact | None = None
    bytes_per_s: float = 0.0
    held_bytes: float | None = None

    @property
    def held_share(self) -> float | None:
        """Of the cap."""
        return None if self.held_bytes is None else self.held_bytes / CHANNEL_BYTES


def cost(processes: Iterable[ProcessFact], status: FeedStatus) -> Cost:
    """Of all probes that are on."""
    armed = [process for process in processes if process.armed]
    held = status.held_bytes
    return Cost(
        sum(process.cpu_share for process in armed),
        max(armed, key=lambda process: process.cpu_share, default=None),
        sum(process.bytes_per_s for process in armed),
        held * OVERHEAD if held is not None else None,
    )
