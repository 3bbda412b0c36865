"""Processes with a probe, and how the probes fare."""

from __future__ import annotations

from dataclasses import dataclass

from djscope.feed.shapes import ProbeReported, Process

# A route or a query remembers so many of the processes that had it; the rest adds nothing.
REMEMBERED = 50


def remember(processes: set[str], process: str) -> None:
    """Note one more process, within bounds: children come and go for days."""
    if len(processes) < REMEMBERED:
        processes.add(process)


@dataclass(slots=True)
class ProcessFact:
    """One process. `id` is `host/pid@start`; times are Redis seconds; `armed` means it reported."""

    id: str
    host: str
    pid: int
    started: float
    kind: str
    release: str = ""
    python: str = ""
    django: str = ""
    celery: str = ""
    probe: str = ""
    wire: int = 1
    max_level: str = "deep"
    allow: tuple[str, ...] = ()
    seen_at: float = 0.0
    level: str = "off"
    armed_at: float = 0.0
    units: int = 0
    running: int = 0
    errors: int = 0
    off: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    cpu_share: float = 0.0
    bytes_per_s: float = 0.0
    # Events that the probe dropped since we watch; and of them, in the count that it told last.
    dropped: int = 0
    dropped_told: int = 0
    missed_frames: int = 0
    last_seq: int = 0
    # Units that it can work on at once; 0 where that is not known or not bounded.
    concurrency: int = 0
    # Why its probe collects less than was asked for.
    governed: str = ""
    # It stands in the list of processes: those that end take themselves out.
    listed: bool = False
    reported_at: float = 0.0

    @property
    def armed(self) -> bool:
        """It said so, and was heard of since."""
        return self.level in ("watch", "deep")

    @property
    def name(self) -> str:
        """`web-7f9c/4711`, as a process is always shown."""
        return f"{self.host}/{self.pid}"

    def report(self, event: ProbeReported, at: float, skew: float) -> None:
        """What the probe says of itself; its CPU and bytes count since its previous report."""
        passed = at - self.reported_at if self.reported_at else 0.0
        if passed > 0:
            self.cpu_share = event.cpu_us / 1e6 / passed
            self.bytes_per_s = max(event.bytes, 0) / passed
        self.reported_at = at
        self.level, self.armed_at = event.level, event.armed_at + skew
        self.units, self.running, self.errors = event.units, event.running, event.errors
        self.off, self.lost = tuple(event.off), tuple(event.lost)
        self.concurrency, self.governed = max(event.concurrency, 0), event.governed

    def inherit(self, known: ProcessFact) -> None:
        """Frames may come before the announcement: keep what they told."""
        self.seen_at, self.level, self.armed_at = known.seen_at, known.level, known.armed_at
        self.units, self.running, self.errors = known.units, known.running, known.errors
        self.off, self.lost, self.reported_at = known.off, known.lost, known.reported_at
        self.last_seq, self.dropped = known.last_seq, known.dropped
        self.missed_frames, self.dropped_told = known.missed_frames, known.dropped_told
        self.concurrency, self.governed = known.concurrency, known.governed


def process_fact(shape: Process) -> ProcessFact:
    """The fact that an announcement states."""
    return ProcessFact(
        shape.id, shape.host, shape.pid, float(shape.started), shape.kind, shape.release,
        shape.python, shape.django, shape.celery, shape.probe, shape.wire,
        shape.max_level, tuple(shape.allow),
    )  # fmt: skip


def unknown_process(process_id: str) -> ProcessFact:
    """One that is known by its frames only, so far; the id may be any text."""
    host, _, rest = process_id.rpartition("/")
    pid, _, started = rest.partition("@")
    if not (pid.isascii() and pid.isdigit() and started.isascii() and started.isdigit()):
        return ProcessFact(process_id, process_id, 0, 0.0, "")
    return ProcessFact(process_id, host, int(pid), float(started), "")


def short_name(process_id: str) -> str:
    """`host/pid` out of `host/pid@start`."""
    return process_id.partition("@")[0]
