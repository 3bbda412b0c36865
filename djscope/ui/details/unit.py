"""One request or task: what it did when, and where it is or ended."""

from __future__ import annotations

from typing import Any

from djscope.model.definitions import NOWHERE, Stack
from djscope.model.middleware import outside_us
from djscope.model.processes import short_name
from djscope.model.units import UnitFact
from djscope.ui import format as fmt
from djscope.ui.details import hop, payloads
from djscope.ui.details.finding import place_line
from djscope.ui.facts import Facts
from djscope.ui.lists import hops
from djscope.ui.lists.groups import groups, operations
from djscope.ui.lists.middleware import waterfall
from djscope.ui.spec import DEEP_KINDS, Detail, Fact, Opener, Spec


def opener(unit: UnitFact) -> Opener:
    """Follows the unit while it is under way and to its end."""
    latest = unit

    def detail(facts: Facts) -> Detail:
        nonlocal latest
        latest = find(facts, latest)
        now, stack = _stack(facts, latest)
        site = facts.place(latest.unit.site_id)
        asked = latest.unit.groups or latest.running
        lists: list[Spec[Any]] = [waterfall(latest)] if latest.spans else []
        lists += [operations(latest)] if latest.unit.operations else []
        lists += [groups(latest)] if asked else []
        lists += [hops.of_unit(latest)] if latest.hops else []
        return Detail(
            f"{name(facts, latest)} at {fmt.clock(latest.started)}",
            [fact for fact in _facts(facts, latest) if fact.text],
            lists=lists,
            stack=stack,
            stack_title="Stack now" if now else "Stack of the exception",
            place=site if site.file else stack[0] if stack else NOWHERE,
            process=latest.process,
            unit=latest.unit.id if latest.running else "",
            aim=_aim(facts, latest),
        )

    return detail


def find(facts: Facts, unit: UnitFact) -> UnitFact:
    """The latest that is known of `unit`."""
    if not unit.running:
        return unit
    running = facts.session.running.get(unit.key)
    ended = (fact for fact in reversed(facts.session.recent) if fact.key == unit.key)
    return running or next(ended, unit)


def name(facts: Facts, unit: UnitFact) -> str:
    """`GET /books/`, `shop.tasks.report`, `command migrate`."""
    return f"{unit.method} {facts.unit_name(unit)}".strip()


def _aim(facts: Facts, unit: UnitFact) -> tuple[str, str] | None:
    return (unit.kind, facts.text(unit.unit.name_id)) if unit.kind in DEEP_KINDS else None


def _stack(facts: Facts, unit: UnitFact) -> tuple[bool, Stack]:
    """Where it is (while it runs), else where its exception came from."""
    definitions, key = facts.session.definitions, unit.unit.stack_id
    if unit.running:
        key = unit.unit.now_id
    place = definitions.place(key if unit.running else unit.unit.site_id)
    return unit.running, definitions.stack(key) or ((place,) if place.file else ())


def _facts(facts: Facts, unit: UnitFact) -> list[Fact]:
    site, view = facts.place(unit.unit.site_id), facts.text(unit.view_id)
    raised = f"{unit.unit.exception} at {place_line(site)}" if site.file else unit.unit.exception
    tone = "critical" if unit.failed else "warning" if unit.running else "strong"
    waited = f"waited {fmt.duration(unit.wait_us)}" if unit.wait_us >= 0 else "wait unknown"
    place = f"on {unit.worker}, queue {unit.queue}"
    task = f"{unit.task_id} {place}, {waited}, retries {unit.retries}"
    return [
        Fact("what", f"{name(facts, unit)} {_standing(facts, unit)}", tone),
        Fact("raised", raised, "critical"),
        Fact("now", _where_now(facts, unit)),
        Fact("view", view),
        Fact("task", task if unit.kind == "task" else ""),
        Fact("time", _time(unit)),
        Fact("layers", _layers(unit)),
        Fact("hops", hop.of_unit(unit)),
        *payloads.of_unit(facts, unit),
        Fact("process", f"{short_name(unit.process)}, began {fmt.clock(unit.started)}"),
    ]


def _standing(facts: Facts, unit: UnitFact) -> str:
    age = fmt.duration(unit.age_s(facts.now) * 1e6)
    if not unit.running:
        return f"→ {unit.outcome or unit.unit.state} in {age}"
    least = "" if unit.unit.exact_start else "at least "
    return f"under way for {least}{age}{', since before attach' if unit.unit.adopted else ''}"


def _where_now(facts: Facts, unit: UnitFact) -> str:
    place = facts.place(unit.unit.now_id)
    if not (unit.running and place.file):
        return ""
    still = unit.known_until(facts.now) - unit.now_since
    idle = f", no query for {fmt.duration(still * 1e6)}" if still >= 1 else ""
    return place_line(place) + idle


def _time(unit: UnitFact) -> str:
    facts, sql = unit.unit, unit.unit.sql_us + unit.unit.fetch_us
    parts = [f"wall {fmt.duration(facts.wall_us)}", f"sql {fmt.duration(sql)}"]
    if facts.cpu_us >= 0:
        parts.append(f"cpu {fmt.duration(facts.cpu_us)}")
        parts.append(f"other {fmt.duration(unit.unaccounted_us)}")
    return " · ".join([*parts, f"{facts.queries} queries"])


def _layers(unit: UnitFact) -> str:
    """What is in no layer: the server's and the handler's part; then what streams."""
    if not unit.spans or unit.responded_us < 0:
        return ""
    outside = fmt.duration(outside_us(unit))
    after = fmt.duration(max(unit.unit.wall_us - unit.responded_us, 0))
    return f"outside of all {outside} until the response · {after} after it"
