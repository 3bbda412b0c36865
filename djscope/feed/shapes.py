"""The wire's shapes as msgspec decodes them: typed, strict, blind to a newer probe's extra fields.

They mirror `djscope_probes.wire` field by field; a test holds the two together.
"""

from __future__ import annotations

from msgspec import Raw, Struct

Micros = int


class Array(Struct, array_like=True):
    """Travels as a JSON array; trailing fields that this version does not know are ignored."""


class Process(Array):
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
    wire: int = 1
    max_level: str = "deep"
    allow: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.host}/{self.pid}@{self.started}"


class Target(Array):
    kind: str
    name: str
    until: float


class Lease(Array):
    viewer: str
    who: str
    level: str = "watch"
    since: float = 0.0
    wire: int = 1
    targets: tuple[Target, ...] = ()


class StackFrame(Array):
    file: str
    line: int
    function: str
    app: bool = False
    digest: str = ""


class Relation(Array):
    model: str
    name: str
    path: str
    kind: str
    root: str = ""
    to: str = ""
    back: str = ""


class Layer(Array):
    name: str
    hook: str
    mode: str
    can: str = ""
    adapter: str = ""
    line: StackFrame | None = None


Definition = str | StackFrame | list[StackFrame] | Relation | list[Layer]


class Group(Array):
    sql_id: str
    site_id: str
    stack_id: str
    access: str
    relation_id: str
    origin_id: str
    n: int
    total_us: Micros
    max_us: Micros
    fetch_us: Micros
    rows: int
    params: int
    hist: list[tuple[int, int]]
    peak: int = 0
    parents: int = 0
    database: str = ""
    note: str = ""
    most: int = 0


class Operation(Array):
    group: int
    offset_us: Micros
    took_us: Micros


class Unit(Array):
    id: str
    revision: int
    state: str
    name_id: str
    started: float
    wall_us: Micros
    cpu_us: Micros
    queries: int
    sql_us: Micros
    fetch_us: Micros
    groups: list[Group]
    other: Group | None = None
    operations: tuple[Operation, ...] = ()
    adopted: bool = False
    exact_start: bool = True
    exception: str = ""
    site_id: str = ""
    stack_id: str = ""
    now_id: str = ""


class Span(Array):
    layer: int
    offset_us: Micros
    took_us: Micros
    own_us: Micros


class Payload(Array):
    announced: int = -1
    read: int = 0
    memory: int = 0
    how: str = ""
    reader_id: str = ""
    sent: int = -1
    streamed: bool = False
    chunks: int = 0
    first_us: Micros = -1
    closed_early: bool = False
    builder_id: str = ""


class Hop(Array):
    kind: str
    site_id: str
    target_id: str
    executor: str
    n: int
    wait_us: Micros
    wait_max_us: Micros
    run_us: Micros
    resume_us: Micros
    pending_us: Micros = 0
    held_id: str = ""
    circular: bool = False


class RequestRecorded(Array, tag="request"):
    unit: Unit
    method: str
    view_id: str
    status: int
    protocol: str
    responded_us: Micros = -1
    chain_id: str = ""
    spans: tuple[Span, ...] = ()
    payload: Payload | None = None
    hops: tuple[Hop, ...] = ()


class TaskRecorded(Array, tag="task"):
    unit: Unit
    task_id: str
    state: str
    retries: int
    worker: str
    queue: str
    wait_us: Micros = -1


class WorkRecorded(Array, tag="work"):
    unit: Unit
    kind: str


class ProbeReported(Array, tag="probe"):
    level: str
    armed_at: float
    units: int
    running: int
    errors: int
    off: list[str]
    lost: list[str]
    cpu_us: Micros
    bytes: int
    concurrency: int = 0
    governed: str = ""


class Block(Array):
    stack_id: str
    cause: str
    n: int
    total_us: Micros
    max_us: Micros
    cpu_us: Micros
    gc_us: Micros
    unit: str = ""
    name_id: str = ""
    task: str = ""


class LoopReported(Array, tag="loop"):
    loop: str
    kind: str
    beats: int
    late_max_us: Micros
    hist: list[tuple[int, int]]
    blocks: tuple[Block, ...] = ()


class ThreadStack(Array):
    kind: str
    name: str
    stack_id: str
    unit: str = ""
    native_id: int = 0


class StacksTaken(Array, tag="stacks"):
    request: str
    taken_at: float
    threads: list[ThreadStack]
    left_out: int = 0


class SourceSent(Array, tag="source"):
    request: str
    file: str
    first: int
    text: str
    digest: str = ""
    problem: str = ""


UnitRecorded = RequestRecorded | TaskRecorded | WorkRecorded
Event = UnitRecorded | ProbeReported | LoopReported | StacksTaken | SourceSent


class Frame(Array):
    """A channel entry; events stay raw so that one of an unknown kind does not cost the others."""

    wire: int
    process: str
    seq: int
    dropped: int
    sent_at: float
    events: list[Raw]
