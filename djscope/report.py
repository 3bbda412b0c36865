"""Findings and what they rest on, as plain lines."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from djscope.model.finding import Finding
from djscope.model.schema import FindingOut
from djscope.model.session import Session
from djscope.model.wording import amount, number


def lines(findings: Iterable[Finding | FindingOut]) -> Iterator[str]:
    """What, where, do: one line each."""
    for each in findings:
        do = next((advice.code or advice.text for advice in each.advice), "")
        sure = "" if each.certainty == "certain" else f" ({each.certainty})"
        since = f" since {clock(each.gone.since)}" if each.gone else ""
        yield f"{each.kind}{sure}  {each.title}{since}  · {each.unit} at {each.where.short}" + (
            f" → {do}" if do else ""
        )


def coverage(session: Session, now: float) -> str:
    """What the verdicts, or their absence, rest on."""
    requests = sum(route.n for route in session.routes.values() if route.kind == "request")
    tasks = sum(route.n for route in session.routes.values() if route.kind == "task")
    commands = sum(route.n for route in session.routes.values() if route.kind == "command")
    armed = sum(process.reported_at > 0 for process in session.processes.values())
    since = clock(session.began_at or now)
    missed = sum(process.missed_frames + process.dropped for process in session.processes.values())
    return (
        f"seen: {number(requests, 'request')} and {number(tasks, 'task run')}"
        + (f" and {number(commands, 'command')}" if commands else "")
        + f" from {armed} of {number(len(session.processes), 'process')} since {since}"
        + (f"; {amount(missed)} frames or events were lost" if missed else "")
    )


def clock(at: float) -> str:
    """Local time of day; a time that no calendar has is `-`."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(at))
    except (OverflowError, OSError, ValueError):
        return "-"
