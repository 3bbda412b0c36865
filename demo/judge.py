"""Compares findings with scenarios: each found where it happens, nothing on healthy twins."""

from collections.abc import Iterable

from djscope.model.finding import Finding
from shop.expected import HEALTHY, Expected, expected


def fits(finding: Finding, scenario: Expected) -> bool:
    """The right kind, on the right route or task, at the right line, with the right origin."""
    if (finding.kind, finding.unit_kind) != (scenario.kind, scenario.unit):
        return False
    origin = finding.origin.line if finding.origin else None
    return (
        finding.unit.endswith(scenario.name)
        and finding.where.file.endswith(scenario.file)
        and finding.where.line in scenario.lines
        and (scenario.origin is None or origin == scenario.origin)
    )


def judge(findings: Iterable[Finding]) -> list[str]:
    """Sentences: how many scenarios were found, which were not, what was wrong."""
    found = list(findings)
    missing = [
        scenario.scenario
        for scenario in expected()
        if not any(fits(finding, scenario) for finding in found)
    ]
    false = [f"{each.kind} on {each.unit}" for each in found if HEALTHY in each.unit]
    total = len(expected())
    at_line = f"{total - len(missing)} of {total} found at their line"
    lines = [f"scenarios: {at_line}, {len(false)} findings on healthy ones"]
    if missing:
        lines.append(f"not found (yet): {', '.join(missing)}")
    if false:
        lines.append(f"wrong: {', '.join(false)}")
    return lines
