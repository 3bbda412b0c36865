"""SARIF 2.1.0 (OASIS): what code hosts show beside the lines of a change."""

from __future__ import annotations

from urllib.parse import quote

from msgspec import UNSET, Struct, UnsetType

from djscope import __version__
from djscope.checking.sources import Sources
from djscope.model.judging import ALLOWED, IN_SOURCE, KNOWN, Judged, Verdict
from djscope.model.kinds import KINDS
from djscope.model.schema import FindingOut, Line
from djscope.model.snapshot import to_json

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
LEVELS = {"critical": "error", "warning": "warning", "info": "note"}
SUPPRESSED = {IN_SOURCE: "inSource", ALLOWED: "external"}


class Out(Struct, rename="camel", omit_defaults=True):
    """Names as SARIF has them; what is not set is not written."""


class Text(Out):
    text: str


class Artifact(Out):
    uri: str
    uri_base_id: str | UnsetType = UNSET


class Region(Out):
    start_line: int


class Physical(Out):
    artifact_location: Artifact
    region: Region | UnsetType = UNSET


class Logical(Out):
    fully_qualified_name: str
    kind: str


class Location(Out):
    physical_location: Physical | UnsetType = UNSET
    logical_locations: list[Logical] | UnsetType = UNSET
    id: int | UnsetType = UNSET
    message: Text | UnsetType = UNSET


class Suppression(Out):
    kind: str
    justification: str


class Result(Out):
    rule_id: str
    rule_index: int | UnsetType
    level: str
    message: Text
    locations: list[Location]
    partial_fingerprints: dict[str, str]
    baseline_state: str | UnsetType = UNSET
    related_locations: list[Location] | UnsetType = UNSET
    suppressions: list[Suppression] | UnsetType = UNSET
    properties: dict[str, str | int | float] | UnsetType = UNSET


class Rule(Out):
    id: str
    short_description: Text
    full_description: Text
    help: Text
    default_configuration: dict[str, str]


class Driver(Out):
    name: str
    version: str
    rules: list[Rule]


class Tool(Out):
    driver: Driver


class Run(Out):
    tool: Tool
    original_uri_base_ids: dict[str, dict[str, Text]]
    results: list[Result]
    column_kind: str


def sarif(judged: Judged, sources: Sources) -> str:
    """All findings; those that are ignored are marked as suppressed."""
    base = {ROOT: {"description": Text("the checkout that was checked")}}
    results = [result(each, judged, sources) for each in judged.verdicts]
    run = Run(Tool(Driver("djscope", __version__, rules())), base, results, "utf16CodeUnits")
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def rules() -> list[Rule]:
    """One for each kind, so that their numbers never change with what was found."""
    return [
        Rule(kind, Text(what), Text(f"{what} {do}"), Text(do), {"level": "warning"})
        for kind, (what, do) in KINDS.items()
    ]


def result(verdict: Verdict, judged: Judged, sources: Sources) -> Result:
    finding = verdict.finding
    found = Result(
        rule_id=finding.kind,
        rule_index=list(KINDS).index(finding.kind) if finding.kind in KINDS else UNSET,
        level=LEVELS.get(finding.severity, "warning"),
        message=Text(message(finding)),
        locations=[location(finding.where, sources)],
        partial_fingerprints={"djscope/v1": finding.id},
        properties={"certainty": finding.certainty, "unit": finding.unit, "count": finding.count},
    )
    if judged.compared:
        found.baseline_state = "unchanged" if verdict.state == KNOWN else "new"
    if finding.origin is not None:
        related = location(finding.origin, sources)
        related.id, related.message = 1, Text("the rows were loaded here")
        found.related_locations = [related]
    if verdict.ignored:
        found.suppressions = [Suppression(SUPPRESSED[verdict.state], verdict.reason)]
    return found


def message(finding: FindingOut) -> str:
    """What, and what to do."""
    do = [f"{each.text}: {each.code}" if each.code else each.text for each in finding.advice]
    return ". ".join([f"{finding.title} ({finding.unit})", *do])


def location(place: Line, sources: Sources) -> Location:
    """A line of the checkout; where there is no line, the function."""
    found = Location()
    if place.function:
        found.logical_locations = [Logical(place.function, "function")]
    if place.file:
        path = sources.relative(place.file)
        artifact = Artifact(quote(path), ROOT)
        if path.startswith("/"):
            artifact = Artifact(f"file://{quote(path)}")
        found.physical_location = Physical(artifact)
        if place.line > 0:
            found.physical_location.region = Region(place.line)
    return found
