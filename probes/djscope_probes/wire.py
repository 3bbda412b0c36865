"""What travels between probe and viewer: shapes, ids, keys. Standard library only.

Every shape is a `NamedTuple` that travels as a JSON array, in field order. A new field goes to the
end with a default, so that either side may be the older one; a change of meaning raises
`WIRE_VERSION`. An event is its shape's array behind one more element, the kind: `["request", …]`.

Units: `*_us` microseconds, `*_at` and `started` Unix seconds by the sender's clock. `…_id` names a
definition (SQL text, stack, site, name): a content hash whose value lives once per app in
`Keys.defs`; an empty id means "none".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

WIRE_VERSION = 1

# One XADD carries less than this: Valkey 9 does not enforce output limits on larger payloads.
FRAME_BYTES = 16_000
# Longer SQL texts and stacks are cut; more groups in a unit than this are summed in `other`.
TEXT_BYTES = 8_000
GROUPS_PER_UNIT = 64
OPERATIONS_PER_UNIT = 64
DEFS_CAP = 20_000
LEASE_SLOTS = 8
LEASE_TTL_MS = 5_000
# A process not heard of for this long is gone.
PROCESS_STALE_S = 75
WITHHELD = "withheld: cap"

Json = Any


class Keys:
    """The Redis keys of one app. All share one hash tag, so that a Cluster keeps them together."""

    apps = "{djscope}:apps"

    def __init__(self, app: str) -> None:
        base = "{djscope}:" + app + ":"
        self.procs = base + "procs"
        self.events = base + "events"
        self.bytes = base + "bytes"
        self.defs = base + "defs"
        self.control = base + "control"
        self.leases = tuple(f"{base}lease:{slot}" for slot in range(LEASE_SLOTS))


class Process(NamedTuple):
    """A process with a probe, as it announces itself in `Keys.procs`."""

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

    @property
    def id(self) -> str:
        """`host/pid@start`: the start second tells a reused pid apart."""
        return f"{self.host}/{self.pid}@{self.started}"


class Lease(NamedTuple):
    """A viewer's claim that it watches, as it stands in one of `Keys.leases`."""

    viewer: str
    who: str
    level: str = "watch"
    since: float = 0.0
    wire: int = WIRE_VERSION


class StackFrame(NamedTuple):
    """One line of a stack, innermost first; `app` tells the project's code from libraries'."""

    file: str
    line: int
    function: str
    app: bool = False


class Relation(NamedTuple):
    """What a lazy load went through: `path` counts from the rows of the origin queryset."""

    model: str
    name: str
    path: str
    kind: str
    root: str = ""


class Group(NamedTuple):
    """Queries of one unit with the same SQL, site, relation and origin.

    `hist` is sparse: pairs of (bit length of the microseconds, count). `params` counts distinct
    parameter sets up to a bound, -1 when they could not be compared. `peak` is the most lazy loads
    that rows of *one* evaluation of the origin queryset caused, `parents` how many rows that had.
    """

    sql_id: str
    site_id: str
    stack_id: str
    access: str
    relation_id: str
    origin_id: str
    n: int
    total_us: int
    max_us: int
    fetch_us: int
    rows: int
    params: int
    hist: list[list[int]]
    peak: int = 0
    parents: int = 0
    database: str = ""


class Operation(NamedTuple):
    """One of the first queries of an exemplary unit; `group` indexes its groups, -1 is `other`."""

    group: int
    offset_us: int
    took_us: int


class Unit(NamedTuple):
    """One request, task or command: its whole state so far, so that a lost revision costs nothing.

    `state` is `running`, `ended`, or `vanished` (adopted work that ended unseen). `cpu_us` is -1
    where it cannot be told from other work (an event loop's thread). `adopted` work was under way
    when the probe armed; then `started` may be only "at the latest" (`exact_start` false).
    """

    id: str
    revision: int
    state: str
    name_id: str
    started: float
    wall_us: int
    cpu_us: int
    queries: int
    sql_us: int
    fetch_us: int
    groups: list[Group]
    other: Group | None = None
    operations: Sequence[Operation] = ()
    adopted: bool = False
    exact_start: bool = True
    exception: str = ""
    site_id: str = ""
    stack_id: str = ""
    now_id: str = ""


class RequestRecorded(NamedTuple):
    """A request, ended or under way. `status` 0: not known (yet).

    `responded_us`: until Django had the response, -1 before that; what comes after is streaming.
    """

    unit: Unit
    method: str
    view_id: str
    status: int
    protocol: str
    responded_us: int = -1


class TaskRecorded(NamedTuple):
    """A Celery task's run, ended or under way. `state` is Celery's, empty while it runs."""

    unit: Unit
    task_id: str
    state: str
    retries: int
    worker: str
    queue: str


class ProbeReported(NamedTuple):
    """How the probe itself fares; sent on arming and every few seconds."""

    level: str
    armed_at: float
    units: int
    running: int
    errors: int
    off: list[str]
    lost: list[str]
    cpu_us: int
    bytes: int


Event = RequestRecorded | TaskRecorded | ProbeReported

KINDS: dict[str, type[Event]] = {
    "request": RequestRecorded,
    "task": TaskRecorded,
    "probe": ProbeReported,
}
_KIND_OF = {shape: kind for kind, shape in KINDS.items()}


class Frame(NamedTuple):
    """One entry of the channel. `dropped` counts events lost in this process since it armed."""

    wire: int
    process: str
    seq: int
    dropped: int
    sent_at: float
    events: list[Json]


def event_json(event: Event) -> str:
    """`event` as the JSON array that a frame carries."""
    return dumps([_KIND_OF[type(event)], *event])


def frame_json(process: str, seq: int, dropped: int, sent_at: float, events: list[str]) -> bytes:
    """A frame around events that are JSON already, in the form the channel carries."""
    head = dumps([WIRE_VERSION, process, seq, dropped, round(sent_at, 3)])
    return (head[:-1] + ",[" + ",".join(events) + "]]").encode()


def definition_id(prefix: str, text: str) -> str:
    """Content hash of a definition; the prefix says what it is: q(uery) s(tack) l(ine) n r."""
    return prefix + blake2b(text.encode("utf-8", "replace"), digest_size=7).hexdigest()


def dumps(value: Json) -> str:
    """Compact JSON; what cannot be UTF-8 (lone surrogates in a path, say) is escaped, not lost."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)
