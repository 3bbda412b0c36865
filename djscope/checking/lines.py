"""What was judged, as plain lines: new findings first, then what does not count, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from djscope.checking.sources import Sources
from djscope.model.judging import ALLOWED, IN_SOURCE, KNOWN, NEW, Judged, Verdict
from djscope.model.wording import number
from djscope.report import lines

# So many tests of a finding, and findings that count, are named.
TESTS = NAMED = 3


def report(judged: Judged, remedy: str) -> Iterator[str]:
    """`remedy`: how to write the baseline anew."""
    for each in judged.of(NEW):
        yield from of_verdict(each, mark(each, judged))
    for each in judged.of(KNOWN):
        yield from of_verdict(each, "known  ")
    for each in judged.of(IN_SOURCE, ALLOWED):
        finding = each.finding
        yield f"{each.state}  {finding.kind} at {finding.where.short}: {each.reason}"
    yield from notes(judged, remedy)


def of_verdict(verdict: Verdict, mark: str) -> Iterator[str]:
    """What, where, do; then which tests saw it."""
    yield from (f"{mark}{line}" for line in lines([verdict.finding]))
    tests = verdict.tests
    if tests:
        named = ", ".join(tests[:TESTS])
        more = f" and {len(tests) - TESTS} more" if len(tests) > TESTS else ""
        yield f"    in {number(len(tests), 'test')}: {named}{more}"


def mark(verdict: Verdict, judged: Judged) -> str:
    """Whether it is new, where there is a baseline, and counts, where anything may."""
    said = ["new"] if judged.compared else []
    if judged.strict:
        said.append("counts" if verdict.counts else "does not count")
    return f"{', '.join(said)}  " if said else ""


def named(failing: Sequence[Verdict]) -> str:
    """The findings that count, as far as it is short."""
    said = []
    for each in failing[:NAMED]:
        finding = each.finding
        what = finding.relation or finding.unit
        at = f" at {finding.where.short}" if finding.where.short else ""
        said.append(f"{finding.kind}  {what}{at}")
    more = len(failing) - NAMED
    return ", ".join(said) + (f" and {more} more" if more > 0 else "")


def notes(judged: Judged, remedy: str) -> Iterator[str]:
    yield from filter(None, [judged.ignored_line()])
    yield from judged.gone_lines(remedy)
    for each in judged.unused:
        kinds = ",".join(sorted(each.kinds))
        short = "/".join(each.file.split("/")[-2:])
        yield f"{short}:{each.line}: this ignore[{kinds}] was not needed"
    for entry in judged.idle:
        yield f"[tool.djscope] allow: the entry of {entry.named} fits no finding and was not needed"
    yield from judged.wrong


def not_here(sources: Sources) -> str:
    """Files whose ignores could not be read; empty if all are here."""
    n = len(sources.absent)
    if not n:
        return ""
    return (
        f"{number(n, 'source file')} not on this machine, with what they ignore:"
        " say where with --map REMOTE=LOCAL"
    )
