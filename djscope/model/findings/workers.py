"""workers_busy: every worker of a kind works on something slow, and whatever comes has to wait."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from djscope.model.definitions import Definitions, Place
from djscope.model.finding import Advice, Certainty, Finding, Severity
from djscope.model.findings.standing import app_place
from djscope.model.processes import ProcessFact
from djscope.model.units import UnitFact
from djscope.model.wording import amount, seconds

# So long every slot has to have been taken, by units that take longer than the other.
BUSY_S = 3.0
SLOW_S = 1.0
# A unit is reported once it lasts a second: what runs is known up to this long ago.
LAG_S = 1.5
# One unit ends and the next begins: of each slot's time so much has to be taken.
FULL = 0.95
MOSTLY = 0.5
# As long as no worker has begun anything, the queue stands still.
IDLE_QUEUE_S = 15.0
MORE = {
    "gunicorn": "gunicorn --workers N, or --threads N where the time is spent waiting",
    "celery": "celery worker --concurrency N",
    "uwsgi": "uwsgi --processes N",
}


@dataclass(frozen=True, slots=True)
class Crew:
    """All processes of one kind, and the slow units that they have worked on of late."""

    kind: str
    processes: list[ProcessFact]
    units: list[UnitFact]

    @property
    def slots(self) -> int:
        return sum(process.concurrency for process in self.processes)


def verdicts(
    processes: list[ProcessFact], units: list[UnitFact], defs: Definitions, now: float
) -> Iterator[Finding]:
    """At most one for each kind of process."""
    slow = defaultdict[str, list[UnitFact]](list)
    for unit in units:
        if unit.kind in ("request", "task") and unit.age_s(now) >= SLOW_S:
            slow[unit.process].append(unit)
    kinds = defaultdict[str, list[ProcessFact]](list)
    for process in processes:
        if process.listed or process.armed:
            kinds[process.kind].append(process)
    for kind, members in kinds.items():
        crew = Crew(kind, members, [unit for each in members for unit in slow[each.id]])
        full = all(is_full(each, slow[each.id], now) for each in members)
        if full and somebody_waits(crew, now):
            yield busy(crew, defs, now)


def is_full(process: ProcessFact, units: list[UnitFact], now: float) -> bool:
    """All of its slots were taken for the last while; false where their number is not known."""
    if not (process.armed and process.concurrency and any(unit.running for unit in units)):
        return False
    if any(unit.running and unit.known_until(now) < now for unit in units):
        return False  # nothing has been heard of it for a while
    until = now - LAG_S
    taken = sum(overlap(unit, until - BUSY_S, until, now) for unit in units)
    return taken >= FULL * BUSY_S * process.concurrency


def overlap(unit: UnitFact, since: float, until: float, now: float) -> float:
    """Seconds of the window that the unit was under way in."""
    ended = now if unit.running else unit.started + unit.age_s(now)
    return max(min(ended, until) - max(unit.started, since), 0.0)


def busy(crew: Crew, defs: Definitions, now: float) -> Finding:
    running = [unit for unit in crew.units if unit.running]
    names = Counter((unit.kind, unit.unit.name_id) for unit in crew.units)
    (_, name_id), _ = names.most_common(1)[0]
    where, n = commonest_place(running, defs)
    oldest = max(running, key=lambda unit: unit.age_s(now))
    name, age = defs.text(name_id), seconds(oldest.age_s(now))
    stand = f", {n} of them in {where.short}" if n > 1 and where else ""
    least = "" if oldest.unit.exact_start else "at least "
    return Finding(
        kind="workers_busy",
        severity=Severity.CRITICAL if serves_requests(crew) else Severity.WARNING,
        certainty=Certainty.CERTAIN,
        title=(
            f"{amount(len(running))} of {amount(crew.slots)} {crew.kind} workers busy{stand};"
            f" mostly {name}, the oldest for {least}{age}"
        ),
        unit=crew.kind,
        unit_kind="process",
        where=where or Place("", 0, name),
        evidence={
            "workers": crew.slots,
            "processes": len(crew.processes),
            "oldest_s": round(oldest.age_s(now), 1),
            "oldest": defs.text(oldest.unit.name_id),
        },
        advice=[first_aid(running, where), Advice("only then: " + more(crew.kind))],
        first_seen=min(unit.started for unit in running),
        last_seen=now,
        count=len(running),
        cost={"total_ms": sum(unit.age_s(now) for unit in running) * 1000},
        processes=tuple(sorted(process.id for process in crew.processes)),
        stack_id=oldest.unit.now_id,
    )


def serves_requests(crew: Crew) -> bool:
    return any(unit.kind == "request" for unit in crew.units)


def somebody_waits(crew: Crew, now: float) -> bool:
    """A visitor always does. A queue may be worked off with all hands: only where tasks have waited
    in the worker, or nothing has been begun for long, are there too few.
    """
    if serves_requests(crew):
        return True
    if any(unit.wait_us >= SLOW_S * 1e6 for unit in crew.units):
        return True
    return all(unit.age_s(now) >= IDLE_QUEUE_S for unit in crew.units if unit.running)


def commonest_place(running: list[UnitFact], defs: Definitions) -> tuple[Place | None, int]:
    """The application's line where most of them stand, and how many do."""
    places = Counter(
        place for unit in running if (place := app_place(defs.stack(unit.unit.now_id))) is not None
    )
    return places.most_common(1)[0] if places else (None, 0)


def first_aid(running: list[UnitFact], where: Place | None) -> Advice:
    """Make what occupies them shorter, by where its time goes."""
    wall = sum(unit.unit.wall_us for unit in running) or 1
    sql = sum(unit.unit.sql_us + unit.unit.fetch_us for unit in running)
    cpu = sum(max(unit.unit.cpu_us, 0) for unit in running)
    line = f" at {where.short}" if where else ""
    if sql >= MOSTLY * wall:
        return Advice("most of their time is SQL: see the queries of what occupies them")
    if cpu >= MOSTLY * wall:
        return Advice(f"they compute{line}: make that cheaper, or do it beforehand")
    task = "" if running[0].kind == "task" else ", or move the work to a task"
    return Advice(f"they wait{line}: give what they wait for a timeout{task}")


def more(kind: str) -> str:
    return f"more workers ({MORE[kind]})" if kind in MORE else "more workers"
