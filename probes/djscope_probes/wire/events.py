"""Events, and the frame that carries a batch of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from djscope_probes.wire.requests import Hop, Payload, Span
from djscope_probes.wire.units import Unit

Json = Any


class RequestRecorded(NamedTuple):
    """A request, ended or under way. `status` 0: not known (yet).

    `responded_us`: until Django had the response, -1 before that; what comes after is streaming.
    `chain_id` names the layers that `spans` index. `payload`: None before anything is known.
    """

    unit: Unit
    method: str
    view_id: str
    status: int
    protocol: str
    responded_us: int = -1
    chain_id: str = ""
    spans: Sequence[Span] = ()
    payload: Payload | None = None
    hops: Sequence[Hop] = ()


class TaskRecorded(NamedTuple):
    """A Celery task's run, ended or under way. `state` is Celery's, empty while it runs.

    `wait_us`: from the worker's receiving it (or its ETA) to its start; -1 where nobody noted that.
    """

    unit: Unit
    task_id: str
    state: str
    retries: int
    worker: str
    queue: str
    wait_us: int = -1


class WorkRecorded(NamedTuple):
    """Other work: `kind` is `command` (manage.py), `thread` (queries outside any unit) or, in a
    recording, `call` (of a test).
    """

    unit: Unit
    kind: str


class ProbeReported(NamedTuple):
    """How the probe itself fares; sent on arming and every few seconds.

    `concurrency`: units that this process can work on at once, 0 where that is not known or not
    bounded. `governed`: why the probe collects less than was asked for.
    """

    level: str
    armed_at: float
    units: int
    running: int
    errors: int
    off: list[str]
    lost: list[str]
    cpu_us: int
    bytes: int
    concurrency: int = 0
    governed: str = ""


class Block(NamedTuple):
    """Where one stack kept an event loop from running anything else, since the last report.

    `cause`: `io` (it waited, without CPU), `cpu`, `gc`, or empty where that is unknown. `unit` and
    `name_id`: the request or task at work, as of the longest; `task` the asyncio task's name.
    """

    stack_id: str
    cause: str
    n: int
    total_us: int
    max_us: int
    cpu_us: int
    gc_us: int
    unit: str = ""
    name_id: str = ""
    task: str = ""


class LoopReported(NamedTuple):
    """How late one event loop was, since the last report of it.

    `loop` tells loops of a process apart, `kind` is `asyncio`, `uvloop` or what else it is.
    `hist` is sparse: pairs of (bit length of the microseconds late, beats).
    """

    loop: str
    kind: str
    beats: int
    late_max_us: int
    hist: list[list[int]]
    blocks: Sequence[Block] = ()


class ThreadStack(NamedTuple):
    """Where one `thread` or asyncio `task` stands; `unit` is the id of what it works for."""

    kind: str
    name: str
    stack_id: str
    unit: str = ""
    native_id: int = 0


class StacksTaken(NamedTuple):
    """The answer to `stacks`; `request` is the word that asked. More than fit are `left_out`."""

    request: str
    taken_at: float
    threads: list[ThreadStack]
    left_out: int = 0


class SourceSent(NamedTuple):
    """The answer to `source`: lines from number `first` on, or the `problem` why there are none."""

    request: str
    file: str
    first: int
    text: str
    digest: str = ""
    problem: str = ""


Event = (
    RequestRecorded
    | TaskRecorded
    | WorkRecorded
    | ProbeReported
    | LoopReported
    | StacksTaken
    | SourceSent
)

KINDS: dict[str, type[Event]] = {
    "request": RequestRecorded,
    "task": TaskRecorded,
    "work": WorkRecorded,
    "probe": ProbeReported,
    "loop": LoopReported,
    "stacks": StacksTaken,
    "source": SourceSent,
}
KIND_OF = {shape: kind for kind, shape in KINDS.items()}


class Frame(NamedTuple):
    """One entry of the channel. `dropped` counts events lost in this process since it armed."""

    wire: int
    process: str
    seq: int
    dropped: int
    sent_at: float
    events: list[Json]
