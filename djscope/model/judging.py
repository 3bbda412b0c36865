"""What counts: each finding is new, known from the baseline, or ignored, and by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from djscope.model.allowed import Allow
from djscope.model.baseline import Baseline, Entry
from djscope.model.ignores import Comments, Ignore
from djscope.model.schema import FindingOut, Line
from djscope.model.wording import number

NEW, KNOWN, IN_SOURCE, ALLOWED = "new", "known", "ignored in source", "allowed"
BEFORE = "in the baseline"
# Nobody's own sources.
LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python", "<")
# So many that are gone are named.
GONE = 5
# The comments of a file, as processes name it.
Reader = Callable[[str], Comments]


@dataclass(frozen=True, slots=True)
class Rules:
    """`baseline` None: there is none, and everything is new."""

    fail_on: frozenset[str] = frozenset()
    allow: tuple[Allow, ...] = ()
    baseline: Baseline | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding; `reason` says why it is ignored. `tests` saw it, where tests did."""

    finding: FindingOut
    state: str
    counts: bool
    reason: str = ""
    tests: tuple[str, ...] = ()

    @property
    def ignored(self) -> bool:
        return self.state in (IN_SOURCE, ALLOWED)


@dataclass(slots=True)
class Judged:
    """`gone`: of the baseline, seen no more. `unused`: ignores beside lines that ran and had no
    such finding. `wrong`: sentences on ignores that cannot count. `idle`: of the allow-list,
    what fits no finding. `strict`: some kind may count.
    """

    verdicts: list[Verdict]
    gone: list[Entry] = field(default_factory=list)
    unused: list[Ignore] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    idle: list[Allow] = field(default_factory=list)
    compared: bool = False
    strict: bool = False

    def of(self, *states: str) -> list[Verdict]:
        return [each for each in self.verdicts if each.state in states]

    @property
    def failing(self) -> list[Verdict]:
        return [each for each in self.verdicts if each.counts]

    def ignored_line(self) -> str:
        """`3 ignored: 2 in source, 1 by the allow-list`; empty if none is."""
        in_source, allowed = len(self.of(IN_SOURCE)), len(self.of(ALLOWED))
        parts = [f"{in_source} in source"] if in_source else []
        parts += [f"{allowed} by the allow-list"] if allowed else []
        return f"{in_source + allowed} ignored: {', '.join(parts)}" if parts else ""

    def gone_lines(self, remedy: str) -> Iterator[str]:
        """What the baseline has too much, by name as far as it is short."""
        n = len(self.gone)
        if not n:
            return
        yield f"{number(n, 'finding')} of the baseline {'is' if n == 1 else 'are'} gone: {remedy}"
        for each in self.gone[:GONE]:
            yield f"    gone  {each}"
        if n > GONE:
            yield f"    and {n - GONE} more"

    def written(self) -> None:
        """All of it is in the baseline now: known, whatever it was before."""
        self.verdicts = [
            replace(each, state=KNOWN, counts=False, reason=BEFORE) if each.state == NEW else each
            for each in self.verdicts
        ]
        self.gone, self.compared = [], True


def judge(
    findings: Iterable[tuple[FindingOut, tuple[str, ...]]],
    rules: Rules,
    read: Reader,
    ran: Iterable[Line] = (),
) -> Judged:
    """`findings` with the tests that saw them, worst first; new ones come first. `ran`: lines that
    made queries, with or without a finding.
    """
    before = rules.baseline.findings if rules.baseline else []
    known = {each.id for each in before}
    used: set[Ignore] = set()
    wrong: dict[str, None] = {}
    verdicts = []
    for finding, tests in findings:
        by = ignored_by(finding, read, wrong)
        allow = next((each for each in rules.allow if each.covers(finding)), None)
        if by is not None:
            used.add(by)
            verdicts.append(Verdict(finding, IN_SOURCE, False, by.reason, tests))
        elif allow is not None:
            verdicts.append(Verdict(finding, ALLOWED, False, allow.reason, tests))
        elif finding.id in known:
            verdicts.append(Verdict(finding, KNOWN, False, BEFORE, tests))
        else:
            verdicts.append(Verdict(finding, NEW, finding.kind in rules.fail_on, "", tests))
    verdicts.sort(key=lambda each: (each.state != NEW, each.ignored))
    found = [each.finding for each in verdicts]
    seen = {each.id for each in found}
    gone = [each for each in before if each.id not in seen]
    idle = [each for each in rules.allow if not any(map(each.covers, found))]
    for each in verdicts:
        if not each.ignored:
            wrong.update(dict.fromkeys(misplaced(each.finding, used, read)))
    unused = unused_ignores(ran, used, read, wrong)
    compared, strict = rules.baseline is not None, bool(rules.fail_on)
    return Judged(verdicts, gone, unused, list(wrong), idle, compared, strict)


def ignored_by(finding: FindingOut, read: Reader, wrong: dict[str, None]) -> Ignore | None:
    """The comment at the line of the finding, or where its rows were loaded."""
    for place in (finding.where, finding.origin):
        if place is None or not place.file:
            continue
        comments = read(place.file)
        wrong.update(dict.fromkeys(comments.wrong))
        for each in comments.ignores:
            if place.line in each.lines and finding.kind in each.kinds:
                return each
    return None


def misplaced(finding: FindingOut, used: set[Ignore], read: Reader) -> Iterator[str]:
    """Sentences on ignores at a line that called what queries: they are about another one."""
    for place in finding.stack:
        if not place.file or any(part in place.file for part in LIBRARIES):
            continue
        for each in read(place.file).ignores:
            if place.line in each.lines and finding.kind in each.kinds and each not in used:
                short = "/".join(each.file.split("/")[-2:])
                yield (
                    f"{short}:{each.line}: this ignore[{finding.kind}] is at a line that only leads"
                    f" to the finding and does not count: write it at {finding.where.short}"
                )


def unused_ignores(
    ran: Iterable[Line], used: set[Ignore], read: Reader, wrong: dict[str, None]
) -> list[Ignore]:
    """Ignores about lines that ran, that no finding needed."""
    found = set()
    for place in ran:
        if place.file:
            comments = read(place.file)
            wrong.update(dict.fromkeys(comments.wrong))
            found |= {each for each in comments.ignores if place.line in each.lines}
    return sorted(found - used, key=lambda each: (each.file, each.line))
