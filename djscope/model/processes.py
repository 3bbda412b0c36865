"""Processes with a probe, and how the probes fare."""

from __future__ import annotations

from dataclasses import dataclass

from djscope.feed.shapes import ProbeReported, Process

# A probe that is on reports each 5 s, one that is off says each 30 s that it is there; and a bit.
USUAL_S = {True: 6.5, False: 33.0}
# A route or a query remembers so many of the processes that had it; the rest adds nothing.
REMEMBERED = 50
# Seconds that a share of time has to be of: reports may come one right after the other.
SHARE_S = 1.0


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
    # It has no probe that publishes here; `forks` are the processes with one that are its children.
    probed: bool = True
    forks: tuple[str, ...] = ()
    # It stands in the list of processes: those that end take themselves out.
    listed: bool = False
    reported_at: float = 0.0
    # Of its CPU and bytes what is in no share yet, since when.
    counted_at: float = 0.0
    cpu_us: int = 0
    bytes: int = 0

    @property
    def armed(self) -> bool:
        """It said so, and was heard of since."""
        return self.level in ("watch", "deep")

    @property
    def name(self) -> str:
        """`web-7f9c/4711`, as a process is always shown."""
        return f"{self.host}/{self.pid}"

    def silent_s(self, now: float) -> float:
        """How long nothing was heard of it, where that is longer than usual; else 0."""
        passed = now - self.seen_at
        return passed if passed > USUAL_S[self.armed] else 0.0

    def report(self, event: ProbeReported, at: float, skew: float) -> None:
        """What the probe says of itself; its CPU and bytes count since its previous report."""
        self._count(event, at)
        self.reported_at = at
        self.level, self.armed_at = event.level, event.armed_at + skew
        self.units, self.running, self.errors = event.units, event.running, event.errors
        self.off, self.lost = tuple(event.off), tuple(event.lost)
        self.concurrency, self.governed = max(event.concurrency, 0), event.governed

    def _count(self, event: ProbeReported, at: float) -> None:
        if not self.reported_at or event.level == "off":
            self.cpu_share = self.bytes_per_s = 0.0
            self.counted_at, self.cpu_us, self.bytes = at, 0, 0
            return
        self.cpu_us += event.cpu_us
        self.bytes += max(event.bytes, 0)
        passed = at - self.counted_at
        if passed >= SHARE_S:
            self.cpu_share, self.bytes_per_s = self.cpu_us / 1e6 / passed, self.bytes / passed
            self.counted_at, self.cpu_us, self.bytes = at, 0, 0

    def inherit(self, known: ProcessFact) -> None:
        """Frames may come before the announcement: keep what they told."""
        self.seen_at, self.level, self.armed_at = known.seen_at, known.level, known.armed_at
        self.units, self.running, self.errors = known.units, known.running, known.errors
        self.off, self.lost, self.reported_at = known.off, known.lost, known.reported_at
        self.cpu_share, self.bytes_per_s = known.cpu_share, known.bytes_per_s
        self.counted_at, self.cpu_us, self.bytes = known.counted_at, known.cpu_us, known.bytes
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


def unprobed_fact(
    host: str, pid: int, started: float, kind: str, forks: tuple[str, ...]
) -> ProcessFact:
    """One of this machine without a probe."""
    process_id = f"{host}/{pid}@{int(started)}"
    return ProcessFact(process_id, host, pid, started, kind, level="", probed=False, forks=forks)


def short_name(process_id: str) -> str:
    """`host/pid` out of `host/pid@start`."""
    return process_id.partition("@")[0]
