"""Findings that were there before: a file beside the code, by which only new ones count."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from djscope.model.schema import FindingOut

BASELINE = "djscope/baseline/1"


class Entry(Struct, frozen=True, order=True):
    """What a reviewer has to see; `id` is what matches. No line numbers: they change with edits."""

    where: str
    kind: str
    relation: str
    unit: str
    id: str

    def __str__(self) -> str:
        what = f"{self.kind}  {self.relation}" if self.relation else self.kind
        return f"{what} at {self.where}" + (f" · {self.unit}" if self.unit else "")


class Baseline(Struct):
    schema: str
    findings: list[Entry]


def entry(finding: FindingOut) -> Entry:
    """A finding as it stands in a baseline."""
    place = finding.where
    file = "/".join(place.file.split("/")[-2:])
    where = f"{file}:{place.function}" if file else place.function
    return Entry(where, finding.kind, finding.relation or "", finding.unit, finding.id)


def baseline(findings: Iterable[FindingOut], also: Iterable[Entry] = ()) -> Baseline:
    """In an order that only changes where the findings do. `also`: entries that stay."""
    return Baseline(BASELINE, sorted({*(entry(each) for each in findings), *also}))
