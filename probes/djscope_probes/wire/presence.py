"""Who is there: processes with a probe, viewers with a lease."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from djscope_probes.wire.keys import WIRE_VERSION


class Process(NamedTuple):
    """A process with a probe, as it announces itself in `Keys.procs`.

    `max_level` and `allow` are what the host lets viewers do, see `djscope_probes.settings`.
    """

    host: str
    pid: int
    started: int
    kind: str
    app: str
    release: str = ""
    python: str = ""
    django: str = ""
    celery: str = ""
    probe: str = ""
    wire: int = WIRE_VERSION
    max_level: str = "deep"
    allow: Sequence[str] = ()

    @property
    def id(self) -> str:
        """`host/pid@start`: the start second tells a reused pid apart."""
        return f"{self.host}/{self.pid}@{self.started}"


class Target(NamedTuple):
    """What a viewer wants to see deeply: a `process` by id, a `request` route or a `task` by name.

    `until`: Redis seconds at which it ends, whether the viewer is still there or not.
    """

    kind: str
    name: str
    until: float


class Lease(NamedTuple):
    """A viewer's claim that it watches, as it stands in one of `Keys.leases`."""

    viewer: str
    who: str
    level: str = "watch"
    since: float = 0.0
    wire: int = WIRE_VERSION
    targets: Sequence[Target] = ()
