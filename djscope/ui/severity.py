"""How bad, in a glyph and a word, so that colour is only ever a third way to tell."""

from __future__ import annotations

from djscope.model.finding import Certainty, Finding, Severity

GLYPHS = {Severity.CRITICAL: "✖", Severity.WARNING: "▲", Severity.INFO: "●"}
TONES = {Severity.CRITICAL: "critical", Severity.WARNING: "warning", Severity.INFO: ""}
RANKS = {Severity.CRITICAL: 3, Severity.WARNING: 2, Severity.INFO: 1}
KINDS = {"n_plus_one": "N+1"}
FLAGS = {"query_loop": "loop", "duplicate_query": "dup", "slow_query": "slow"}


def mark(finding: Finding) -> str:
    """`▲ warning`."""
    return f"{GLYPHS[finding.severity]} {severity(finding)}"


def severity(finding: Finding) -> str:
    """`warning`, or `gone`."""
    return "gone" if finding.gone else finding.severity.value


def rank(finding: Finding) -> int:
    """What is gone comes after all that is there."""
    return 0 if finding.gone else RANKS[finding.severity]


def marked_kind(finding: Finding) -> str:
    """`▲ slow query`: the glyph says how bad, the word what."""
    gone = "gone " if finding.gone else ""
    return f"{GLYPHS[finding.severity]} {gone}{kind(finding)}"


def flag(finding: Finding | None) -> str:
    """`▲ N+1`: what is wrong, short enough for a narrow column."""
    if finding is None:
        return ""
    return f"{GLYPHS[finding.severity]} {FLAGS.get(finding.kind, kind(finding))}"


def kind(finding: Finding) -> str:
    """The kind as people say it."""
    return KINDS.get(finding.kind, finding.kind.replace("_", " "))


def tone(finding: Finding | None) -> str:
    if finding is not None and finding.gone:
        return "good"
    return TONES[finding.severity] if finding else ""


def certainty(finding: Finding) -> str:
    """Nothing for what is certain."""
    return "" if finding.certainty is Certainty.CERTAIN else finding.certainty.value
