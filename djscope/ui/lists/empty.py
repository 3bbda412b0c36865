"""What stands where nothing is to be seen: why, and what would help."""

from __future__ import annotations

from collections.abc import Callable

from djscope.feed.status import Link
from djscope.ui import format as fmt
from djscope.ui.facts import Facts

NO_PROCESS = """no process with a probe has reported to {app} yet
in the settings: INSTALLED_APPS += ["djscope_probes"]
or without changing code: djscope run -- COMMAND
why not? djscope doctor · to try it out: djscope demo"""


def nothing_yet(what: str) -> Callable[[Facts], str]:
    """`what`, or what stands in the way of anything at all."""

    def say(facts: Facts) -> str:
        session, status = facts.session, facts.status
        there = sum(map(facts.there, session.processes.values()))
        if there:
            return f"{what} from {fmt.many(there, 'process')}"
        if session.processes and status.link not in {Link.LOST, Link.CONNECTING}:
            return f"{what}: the processes that were there have ended"
        if status.link in {Link.LOST, Link.CONNECTING}:
            return f"{what}: {status.problem or f'connecting to {status.label}'}"
        return f"{what}: no process with a probe has reported; 7 says what to do"

    return say


def no_processes(facts: Facts) -> str:
    """How to get a first process to report."""
    return NO_PROCESS.format(app=facts.status.app or facts.status.label)


def no_findings(facts: Facts) -> str:
    """An all-clear says what it rests on."""
    session = facts.session
    told = session.processes.values()
    units = sum(stat.n for stat in session.routes.values() if stat.kind in ("request", "task"))
    if not told:
        return no_processes(facts)
    if not units:
        watched = fmt.many(len(told), "process")
        return f"no findings yet: no request or task has ended, {watched} watched"
    armed = sum(1 for process in told if process.armed)
    return (
        f"no findings in {fmt.count(units)} requests and tasks from {armed} of "
        f"{fmt.many(len(told), 'process')} since {fmt.clock(session.began_at)}"
    )
