"""How the feed fares, for the header and for error sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from djscope.feed.shapes import Target


class Link(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """`label` names the server without secrets; `problem` says why the link is not live.

    `others` also watch. `targets`: what this viewer looks at deeply, `others_deep`: what they do,
    each with who does.
    """

    link: Link
    label: str
    app: str
    problem: str = ""
    since: float = 0.0
    round_trip_ms: float = 0.0
    others: tuple[str, ...] = ()
    bytes_per_s: float = 0.0
    # What the channel holds; None while that is not known.
    held_bytes: int | None = None
    targets: tuple[Target, ...] = ()
    others_deep: tuple[tuple[str, Target], ...] = ()
