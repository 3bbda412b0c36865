"""The shapes of exported JSON: an interface, so every field is written out. Times in the unit that
their names end in; `*_seen`, `started`, `since` and `until` are Unix seconds by Redis's clock.
"""

from __future__ import annotations

from msgspec import Struct, field

from djscope.model.definitions import Place
from djscope.model.finding import Advice, Gone

SCHEMA = "djscope/snapshot/1"


class Line(Struct, frozen=True):
    file: str
    line: int
    function: str

    @property
    def short(self) -> str:
        """`shop/views.py:31`; `BookAdmin (shop/admin.py:12)`, see `Place.short`."""
        return Place(self.file, self.line, self.function).short


class FindingOut(Struct):
    id: str
    kind: str
    severity: str
    certainty: str
    title: str
    unit: str
    where: Line
    origin: Line | None
    evidence: dict[str, str | int | float]
    advice: list[Advice]
    first_seen: float
    last_seen: float
    count: int
    cost: dict[str, float]
    processes: list[str]
    stack: list[Line]
    model: str | None = None
    relation: str | None = None
    path: str | None = None
    gone: Gone | None = None


class ProcessOut(Struct):
    name: str
    host: str
    pid: int
    kind: str
    level: str
    release: str
    python: str
    django: str
    celery: str
    probe: str
    wire: int
    last_seen: float
    units: int
    dropped: int
    missed_frames: int
    errors: int
    instruments_off: list[str]
    cpu_share: float
    bytes_per_s: float
    max_level: str
    allow: list[str]
    concurrency: int | None
    governed: str


class LayerOut(Struct):
    """A middleware, one of its hooks, the view, a template; `own`: without what is within it."""

    name: str
    hook: str
    mode: str
    n: int
    own_us_p50: int
    own_us_p95: int | None
    own_us_max: int
    own_us: int
    took_us: int


class BodyOut(Struct):
    """Who read bodies (`how`: `body`, `POST`, `read`), or made large responses in memory (`made`,
    or `listed`: of a sync iterator under ASGI). `where` is null where that is not known.
    """

    how: str
    where: Line | None
    n: int
    bytes_p50: int
    bytes_max: int
    memory_bytes_max: int
    stack: list[Line]


class PayloadOut(Struct):
    """Bytes of a route's requests and responses; `memory`: of a request's body at once."""

    bodies: int
    received_bytes_p50: int
    received_bytes_max: int
    memory_bytes_max: int
    sent_bytes_p50: int
    sent_bytes_max: int
    streamed: int
    closed_early: int
    first_chunk_us_p50: int | None
    readers: list[BodyOut]
    makers: list[BodyOut]


class RouteOut(Struct):
    name: str
    view: str
    n: int
    failed: int
    retried: int
    wall_us_p50: int
    wall_us_p95: int | None
    wall_us_max: int
    wall_us: int
    cpu_us: int
    sql_us: int
    queries: int
    outcomes: dict[str, int]
    kind: str = "request"
    queue: str = ""
    wait_us_p50: int | None = None
    wait_us_p95: int | None = None
    wait_us_max: int | None = None
    layers: list[LayerOut] = []
    payload: PayloadOut | None = None


class QueryOut(Struct):
    sql: str
    unit: str
    where: Line
    origin: Line | None
    relation: str
    access: str
    database: str
    units: int
    n: int
    per_unit_p50: int
    total_us: int
    fetch_us: int
    p50_us: int
    p95_us: int | None
    max_us: int
    rows: int


class UnitOut(Struct):
    kind: str
    id: str
    process: str
    name: str
    state: str
    outcome: str
    started: float
    wall_us: int
    cpu_us: int | None
    sql_us: int
    fetch_us: int
    queries: int
    adopted: bool
    exception: str
    stack: list[Line]
    now: list[Line]
    wait_us: int | None = None
    queue: str = ""


class HopOut(Struct):
    """Hops of a route from one line (none where Django made them) to one function.

    `executor`: whose thread or loop they wait for. `…_p50`: all of the median request.
    """

    route: str
    kind: str
    where: Line | None
    target: str
    executor: str
    requests: int
    n: int
    per_request_p50: int
    wait_us_p50: int
    wait_us_max: int
    wait_us: int
    run_us: int
    resume_us: int


class BlockOut(Struct):
    where: Line
    unit: str
    task: str
    cause: str
    n: int
    total_us: int
    max_us: int
    cpu_us: int
    gc_us: int
    first_seen: float
    last_seen: float
    processes: list[str]
    stack: list[Line]


class LoopOut(Struct):
    """`blocked_share`: of the last minute."""

    process: str
    kind: str
    beats: int
    late_us_p50: int
    late_us_p95: int | None
    late_us_max: int
    blocks: int
    blocked_us: int
    blocked_share: float


class LoopsOut(Struct):
    """`blocked`: the longest first."""

    loops: list[LoopOut] = []
    blocked: list[BlockOut] = []


class Coverage(Struct):
    since: float
    until: float
    requests: int
    tasks: int
    processes_seen: int
    processes_reporting: int
    frames_missed: int
    events_dropped: int
    gaps: list[str]


class Snapshot(Struct):
    """`tasks` also holds commands and threads, told apart by `kind`.

    `memory`, `migrations` and `locks` are empty until their instruments exist. `gone`: what was a
    finding until the processes that had it ended; not among `findings`.
    """

    schema: str
    meta: dict[str, str | float]
    coverage: Coverage
    processes: list[ProcessOut]
    findings: list[FindingOut]
    units: list[UnitOut]
    routes: list[RouteOut]
    queries: list[QueryOut]
    tasks: list[RouteOut]
    memory: list[str] = []
    migrations: list[str] = []
    locks: list[str] = []
    hops: list[HopOut] = []
    gone: list[FindingOut] = []
    loops: LoopsOut = field(default_factory=LoopsOut)
