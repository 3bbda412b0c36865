"""Compares findings with scenarios: each found where it happens, nothing on healthy twins."""

from collections.abc import Iterable

from djscope.model.finding import Certainty, Finding
from shop.expected import HEALTHY, Expected, expected

SLOW = frozenset({"slow_query", "slow_request", "slow_middleware", "loop_blocked", "hop_wait"})


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


def seen_slow(finding: Finding) -> bool:
    """Whether it says that a few visits took long: on a busy machine any do."""
    return finding.kind in SLOW and finding.certainty is not Certainty.CERTAIN


def judge(findings: Iterable[Finding]) -> list[str]:
    """Sentences: how many scenarios were found, which were not, what was wrong."""
    found = list(findings)
    missing = [
        scenario.scenario
        for scenario in expected()
        if not any(fits(finding, scenario) for finding in found)
    ]
    false = [
        f"{each.kind} on {each.unit}"
        for each in found
        if HEALTHY in each.unit and not seen_slow(each)
    ]
    total = len(expected())
    at_line = f"{total - len(missing)} of {total} found at their line"
    lines = [f"scenarios: {at_line}, {len(false)} findings on healthy ones"]
    if missing:
        lines.append(f"not found (yet): {', '.join(missing)}")
    if false:
        lines.append(f"wrong: {', '.join(false)}")
    return lines
