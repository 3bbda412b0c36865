"""What was judged, as plain lines: new findings first, then what does not count, and why."""

from __future__ import annotations

from collections.abc import Iterator

from djscope.checking.sources import Sources
from djscope.model.judging import ALLOWED, IN_SOURCE, KNOWN, NEW, Judged, Verdict
from djscope.model.wording import number
from djscope.report import lines

TESTS = 3


def report(judged: Judged, remedy: str) -> Iterator[str]:
    """`remedy`: how to write the baseline anew."""
    for each in judged.of(NEW):
        yield from of_verdict(each, "new  " if judged.compared else "")
    for each in judged.of(KNOWN):
        yield from of_verdict(each, "known  ")
    for each in judged.of(IN_SOURCE, ALLOWED):
        finding = each.finding
        where = finding.where.short if finding.where.line else finding.where.function
        yield f"{each.state}  {finding.kind} at {where}: {each.reason}"
    yield from notes(judged, remedy)


def of_verdict(verdict: Verdict, mark: str) -> Iterator[str]:
    """What, where, do; then which tests saw it."""
    yield from (f"{mark}{line}" for line in lines([verdict.finding]))
    tests = verdict.tests
    if tests:
        named = ", ".join(tests[:TESTS])
        more = f" and {len(tests) - TESTS} more" if len(tests) > TESTS else ""
        yield f"    in {number(len(tests), 'test')}: {named}{more}"


def notes(judged: Judged, remedy: str) -> Iterator[str]:
    yield from filter(None, (judged.ignored_line(), judged.gone_line(remedy)))
    for each in judged.unused:
        kinds = ",".join(sorted(each.kinds))
        short = "/".join(each.file.split("/")[-2:])
        yield f"{short}:{each.line}: this ignore[{kinds}] was not needed"
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
