"""A route before and after its processes were replaced: for the rules that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass, field

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import Group, Process, RequestRecorded, TaskRecorded
from djscope.model.finding import Finding
from djscope.model.findings import find, find_gone
from tests.model.scene import Scene


def process(pid: int, started: float, host: str = "web-1") -> Process:
    return Process(host, pid, int(started), "gunicorn", "shop")


@dataclass
class Reload:
    """Processes announce themselves, serve, and end; the clock goes on by a second each time."""

    scene: Scene = field(default_factory=Scene)
    there: list[Process] = field(default_factory=list)
    seq: dict[str, int] = field(default_factory=dict)

    def start(self, pid: int, host: str = "web-1") -> Process:
        """A process that starts now."""
        self.scene.at += 2
        self.there.append(process(pid, self.scene.at, host))
        self._announce()
        return self.there[-1]

    def end(self, *gone: Process) -> None:
        """They take themselves out of the list of processes."""
        for each in gone:
            self.there.remove(each)
        self.scene.at += 1
        self._announce()

    def _announce(self) -> None:
        self.scene.session.announce([(each, self.scene.at) for each in self.there], self.scene.at)

    def serve(self, by: Process, *groups: Group, times: int = 1, route: str = "nroute") -> None:
        """So many requests with these queries."""
        for _ in range(times):
            unit = self.scene.unit(*groups, name_id=route)
            self._deliver(by, RequestRecorded(unit, "GET", "nview", 200, "wsgi", unit.wall_us))

    def run(self, by: Process, *groups: Group, times: int = 1) -> None:
        """So many runs of a task."""
        for _ in range(times):
            unit = self.scene.unit(*groups, name_id="ntask")
            self._deliver(by, TaskRecorded(unit, unit.id, "SUCCESS", 0, "celery@jobs", "default"))

    def _deliver(self, by: Process, event: RequestRecorded | TaskRecorded) -> None:
        self.scene.at += 1
        self.seq[by.id] = self.seq.get(by.id, 0) + 1
        self.scene.session.apply(
            Delivery(by.id, self.scene.at, 0.0, self.seq[by.id], 0, [event])
        )  # fmt: skip
        self._announce()

    @property
    def open(self) -> list[Finding]:
        return find(self.scene.session, self.scene.at)

    @property
    def gone(self) -> list[Finding]:
        return find_gone(self.scene.session, self.scene.at, self.open)
