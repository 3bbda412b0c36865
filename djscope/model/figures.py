"""What the operating system says of a process on the viewer's own machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """None where it cannot be told. `cpu_share` is of one core, `created` Unix seconds."""

    cpu_share: float | None = None
    rss_bytes: int | None = None
    threads: int | None = None
    descriptors: int | None = None
    created: float | None = None


UNKNOWN = Figures()
