"""Sessions for rules: units applied one after the other, findings by kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from djscope.feed.delivery import Delivery
from djscope.feed.shapes import (
    Definition,
    Group,
    Relation,
    RequestRecorded,
    StackFrame,
    TaskRecorded,
    Unit,
)
from djscope.model.finding import Finding
from djscope.model.findings import find
from djscope.model.session import Session

NOON = 1_795_348_800.0
DEFINITIONS: dict[str, Definition] = {
    "nroute": "books/", "ntask": "shop.tasks.report", "nview": "shop.views.books",
    "qsql": "SELECT a FROM t WHERE id = %s", "qsave": "SAVEPOINT",
    "lsite": StackFrame("/app/shop/views.py", 31, "books", True),
    "lorigin": StackFrame("/app/shop/views.py", 28, "books", True),
    "llib": StackFrame("/lib/site-packages/auth/backend.py", 5, "user", False),
    "rfk": Relation("Book", "author", "author", "fk", "Book"),
    "rmany": Relation("Author", "books", "books", "reverse", "Author"),
    "rchain": Relation("Book", "publisher", "books__publisher", "prefetch.fk", "Author"),
    "swait": [
        StackFrame("/lib/python3.12/threading.py", 331, "Condition.wait", False),
        StackFrame("/app/shop/tasks.py", 52, "report", True),
    ],
    "selse": [StackFrame("/app/shop/tasks.py", 60, "report", True)],
}  # fmt: skip


def group(**changes: Any) -> Group:
    """Ten quick queries with ten parameter sets at one line, no relation."""
    fields: dict[str, Any] = {
        "sql_id": "qsql", "site_id": "lsite", "stack_id": "swait", "access": "get",
        "relation_id": "", "origin_id": "", "n": 10, "total_us": 5_000, "max_us": 900,
        "fetch_us": 0, "rows": 10, "params": 10, "hist": [(9, 10)],
    }  # fmt: skip
    return Group(**{**fields, **changes})


def lazy(**changes: Any) -> Group:
    """Ten lazy loads of a foreign key from ten rows of one queryset."""
    fields: dict[str, Any] = {"relation_id": "rfk", "origin_id": "lorigin", "peak": 10}
    return group(**{**fields, "parents": 10, **changes})


@dataclass
class Scene:
    """One process, a clock that is moved by hand."""

    session: Session = field(default_factory=Session)
    at: float = NOON
    seq: int = 0
    units: int = 0

    def __post_init__(self) -> None:
        for key, value in DEFINITIONS.items():
            self.session.define(key, value)

    def deliver(self, event: RequestRecorded | TaskRecorded) -> None:
        self.seq += 1
        self.session.apply(Delivery("web-1/1@1", self.at, 0.0, self.seq, 0, [event]))

    def unit(self, *groups: Group, **changes: Any) -> Unit:
        self.units += 1
        fields: dict[str, Any] = {
            "id": f"u{self.units}", "revision": 1, "state": "ended", "name_id": "nroute",
            "started": self.at, "wall_us": 20_000, "cpu_us": 9_000, "fetch_us": 0,
            "queries": sum(one.n for one in groups), "groups": list(groups),
            "sql_us": sum(one.total_us for one in groups),
        }  # fmt: skip
        return Unit(**{**fields, **changes})

    def request(
        self, *groups: Group, status: int = 200, responded_us: int = -2, **changes: Any
    ) -> Unit:
        unit = self.unit(*groups, **changes)
        took = unit.wall_us if responded_us == -2 else responded_us
        self.deliver(RequestRecorded(unit, "GET", "nview", status, "wsgi", took))
        return unit

    def task(self, *groups: Group, outcome: str = "SUCCESS", **changes: Any) -> Unit:
        unit = self.unit(*groups, **{"name_id": "ntask", **changes})
        self.deliver(TaskRecorded(unit, unit.id, outcome, 0, "celery@jobs", "default"))
        return unit

    def findings(self, kind: str = "") -> list[Finding]:
        return [each for each in find(self.session, self.at) if kind in ("", each.kind)]

    def kinds(self) -> list[str]:
        return [each.kind for each in self.findings()]
