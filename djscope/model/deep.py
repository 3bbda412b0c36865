"""Looking deeply at one process, route or task: may one, and until when."""

from __future__ import annotations

from djscope.feed.shapes import Target
from djscope.feed.status import FeedStatus
from djscope.model.session import Session

DEEP_S = 300.0
ALLOWED = 'put DJSCOPE = {"MAX_LEVEL": "deep"} into its settings'


def toggled(
    targets: tuple[Target, ...], kind: str, name: str, now: float
) -> tuple[tuple[Target, ...], bool]:
    """`targets` with or without this one; and whether it is on."""
    living = [each for each in targets if each.until > now]
    kept = tuple(each for each in living if (each.kind, each.name) != (kind, name))
    if len(kept) < len(living):
        return kept, False
    return (*kept, Target(kind, name, round(now + DEEP_S, 3))), True


def living(status: FeedStatus, now: float) -> list[tuple[str, Target]]:
    """What is looked at deeply by anybody: who does (empty: this viewer), and at what."""
    mine = [("", each) for each in status.targets]
    return [(who, each) for who, each in (*mine, *status.others_deep) if each.until > now]


def refusal(session: Session, kind: str, name: str) -> str:
    """Why the hosts do not let it happen; empty when at least one does."""
    concerned = concerned_processes(session, kind, name)
    known = [process for key in concerned if (process := session.processes.get(key)) is not None]
    if not known or any(process.max_level == "deep" for process in known):
        return ""
    who = known[0].name if len(known) == 1 else f"each of its {len(known)} processes"
    return f"{who} lets viewers go as far as `{known[0].max_level}`: for more, {ALLOWED}"


def concerned_processes(session: Session, kind: str, name: str) -> set[str]:
    """The process itself, or those in which the route or task was seen."""
    if kind == "process":
        return {name}
    found: set[str] = set()
    for (unit_kind, name_id), stat in session.routes.items():
        if unit_kind == kind and session.definitions.text(name_id) == name:
            found |= stat.processes
    return found
