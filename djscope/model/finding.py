"""A verdict: what, where, do. The shape is an interface (snapshots, baselines, CI)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from djscope.model.definitions import Place


class Severity(StrEnum):
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Certainty(StrEnum):
    CERTAIN = "certain"
    LIKELY = "likely"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do: one sentence, and code where code says it best."""

    text: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Gone:
    """How a finding went away: queries per unit `before` and `after`, and what that rests on.

    `units` so far of `processes` that came after, the first of them at `since`.
    """

    before: int
    after: int
    units: int
    processes: int
    since: float


@dataclass(slots=True)
class Finding:
    """One problem at one place. `cost` numbers name their unit (`ms_per_unit`, `total_ms`)."""

    kind: str
    severity: Severity
    certainty: Certainty
    title: str
    unit: str
    where: Place
    evidence: dict[str, str | int | float] = field(default_factory=dict)
    origin: Place | None = None
    advice: list[Advice] = field(default_factory=list)
    first_seen: float = 0.0
    last_seen: float = 0.0
    count: int = 0
    cost: dict[str, float] = field(default_factory=dict)
    processes: tuple[str, ...] = ()
    model: str = ""
    relation: str = ""
    path: str = ""
    stack_id: str = ""
    sql_id: str = ""
    unit_kind: str = "request"
    gone: Gone | None = None

    @property
    def id(self) -> str:
        """No line number in it, so that baselines, mutes and diffs survive edits."""
        file = "/".join(self.where.file.split("/")[-2:])
        text = f"{self.kind}|{file}|{self.where.function}|{self.relation}|{self.unit}"
        return blake2b(text.encode(), digest_size=6).hexdigest()

    @property
    def total_ms(self) -> float:
        return self.cost.get("total_ms", 0.0)
