"""Processes with workers, some of them busy: for the rule that counts them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import Event, ProbeReported, Process, RequestRecorded, TaskRecorded, Unit
from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.model.session import Session
from tests.model.scene import DEFINITIONS, NOON


def process(pid: int, kind: str = "gunicorn") -> Process:
    return Process("web-1", pid, int(NOON) - 60, kind, "shop")


@dataclass
class Crew:
    """`at` is moved by hand; every process reports when it is added."""

    session: Session = field(default_factory=Session)
    at: float = NOON
    seq: dict[str, int] = field(default_factory=dict)
    members: list[Process] = field(default_factory=list)

    def __post_init__(self) -> None:
        for key, value in DEFINITIONS.items():
            self.session.define(key, value)

    def add(
        self, pid: int, concurrency: int, kind: str = "gunicorn", level: str = "watch"
    ) -> Process:
        """A process that has announced itself, and reported unless it is off."""
        member = process(pid, kind)
        self.members.append(member)
        self.announce()
        if level != "off":
            self.deliver(member, ProbeReported(level, self.at, 0, 0, 0, [], [], 0, 0, concurrency))
        return member

    def announce(self) -> None:
        self.session.announce([(each, self.at) for each in self.members], self.at)

    def deliver(self, member: Process, event: Event) -> None:
        self.seq[member.id] = self.seq.get(member.id, 0) + 1
        self.session.apply(Delivery(member.id, self.at, 0.0, self.seq[member.id], 0, [event]))

    def works(self, member: Process, name: str, since: float, **changes: Any) -> None:
        """Unit `name` began `since` seconds ago; it is under way, or ended with `state`."""
        kind = changes.pop("kind", "request")
        wait_us = changes.pop("wait_us", -1)
        ago = changes.pop("ended_ago", 0.0)
        wall = max(since - ago, 0.0)
        fields: dict[str, Any] = {
            "id": name, "revision": 1, "state": "ended" if ago else "running",
            "name_id": "nroute", "started": self.at - since, "wall_us": int(wall * 1e6),
            "cpu_us": 0, "queries": 0, "sql_us": 0, "fetch_us": 0, "groups": [],
            "now_id": "" if ago else "swait", **changes,
        }  # fmt: skip
        unit = Unit(**fields)
        if kind == "task":
            self.deliver(member, TaskRecorded(unit, name, "", 0, "celery@jobs", "mail", wait_us))
        else:
            self.deliver(member, RequestRecorded(unit, "GET", "nview", 0, "wsgi", -1))

    def busy(self) -> list[Finding]:
        return [each for each in find(self.session, self.at) if each.kind == "workers_busy"]

    def everyone_works(self, members: Iterable[Process], each: int, since: float = 6.0) -> None:
        for member in members:
            for number in range(each):
                self.works(member, f"{member.pid}-{number}", since)
