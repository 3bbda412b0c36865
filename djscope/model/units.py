"""Units as facts: one request, task, command, or thread's work outside of those."""

from __future__ import annotations

from dataclasses import dataclass

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import (
    Hop,
    Payload,
    RequestRecorded,
    Span,
    TaskRecorded,
    Unit,
    UnitRecorded,
)

UnitKey = tuple[str, str]
# A unit under way reports each second; flushes and the way here may take as long again.
HEARD_S = 3.0


@dataclass(slots=True)
class UnitFact:
    """Everything known of one unit: its latest revision and what the kind adds to it.

    `started`, `seen_at` are Redis seconds. `outcome` is an HTTP status or Celery's state as text,
    empty while unknown. `now_since`: since when it has been where `unit.now_id` says, without a
    query in between; `last_now_id`: where it was last seen while it ran.
    `wait_us`: a task's, from the worker's receiving it to its start, -1 if unknown.
    `responded_us`: until the response was there (-1 before), which streaming outlasts.
    `chain_id`, `spans`, `payload`, `hops`: of a request, see `djscope_probes.wire.requests`.
    """

    process: str
    kind: str
    unit: Unit
    started: float
    seen_at: float
    now_since: float
    outcome: str = ""
    method: str = ""
    view_id: str = ""
    protocol: str = ""
    responded_us: int = -1
    last_now_id: str = ""
    task_id: str = ""
    retries: int = 0
    worker: str = ""
    queue: str = ""
    wait_us: int = -1
    chain_id: str = ""
    spans: tuple[Span, ...] = ()
    payload: Payload | None = None
    hops: tuple[Hop, ...] = ()

    @property
    def key(self) -> UnitKey:
        return (self.process, self.unit.id)

    @property
    def running(self) -> bool:
        return self.unit.state == "running"

    @property
    def failed(self) -> bool:
        """An exception that nobody answered, a 5xx response, or a task that ended in FAILURE."""
        if self.kind == "task":
            return self.outcome == "FAILURE"
        return bool(self.unit.exception) or self.outcome.startswith("5")

    def age_s(self, now: float) -> float:
        """Seconds so far (running, as far as is known) or in all (ended)."""
        wall = self.unit.wall_us / 1e6
        return max(wall, self.known_until(now) - self.started) if self.running else wall

    def known_until(self, now: float) -> float:
        """What runs is reported each second: of one not heard of since, nothing is known now."""
        return min(now, self.seen_at + HEARD_S)

    @property
    def answer_us(self) -> int:
        """Until the response was there; for a task all of it."""
        return self.responded_us if self.responded_us >= 0 else self.unit.wall_us

    @property
    def unaccounted_us(self) -> int:
        """Wall time in neither SQL nor CPU: waits for sockets, locks, other threads."""
        unit = self.unit
        return max(unit.wall_us - unit.sql_us - unit.fetch_us - max(unit.cpu_us, 0), 0)


def unit_fact(event: UnitRecorded, delivery: Delivery) -> UnitFact:
    """The fact that `event` states; clocks are brought to Redis time."""
    started = event.unit.started + delivery.skew
    if isinstance(event, RequestRecorded):
        return UnitFact(
            delivery.process, "request", event.unit, started, delivery.at, delivery.at,
            outcome=str(event.status) if event.status else "",
            method=event.method, view_id=event.view_id, protocol=event.protocol,
            responded_us=event.responded_us, chain_id=event.chain_id, spans=event.spans,
            payload=event.payload, hops=event.hops,
        )  # fmt: skip
    if not isinstance(event, TaskRecorded):
        return UnitFact(delivery.process, event.kind, event.unit, started, delivery.at, delivery.at)
    return UnitFact(
        delivery.process, "task", event.unit, started, delivery.at, delivery.at,
        outcome=event.state, task_id=event.task_id, retries=event.retries,
        worker=event.worker, queue=event.queue, wait_us=event.wait_us,
    )  # fmt: skip
