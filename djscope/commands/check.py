"""judge what was found: exit code 1 if there is what must not be

Reads a file of `djscope snapshot`, or watches for some seconds. For builds: baselines, SARIF and
JUnit.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from msgspec import Struct

from djscope.checking.files import baseline_in, snapshot_in, writable, write_text
from djscope.checking.junit import junit
from djscope.checking.lines import named, not_here, report
from djscope.checking.sarif import sarif
from djscope.checking.settings import Settings, fail_on, settings
from djscope.checking.sources import Sources
from djscope.commands.observe import observe
from djscope.commands.snapshot import take
from djscope.commands.target import (
    add_map_argument,
    add_target_arguments,
    add_threshold_argument,
    duration,
    find_target,
    thresholds,
)
from djscope.errors import FINDINGS, OK, NothingSeenError, UsageError
from djscope.model.baseline import Entry, baseline
from djscope.model.ignores import Ignore
from djscope.model.judging import KNOWN, NEW, Judged, Rules, judge
from djscope.model.kinds import REPEATED
from djscope.model.schema import Coverage, FindingOut, Snapshot
from djscope.model.snapshot import to_json
from djscope.model.wording import amount, number
from djscope.pathmap import path_map
from djscope.plain import plain

SCHEMA = "djscope/check/1"


class VerdictOut(Struct):
    state: str
    counts: bool
    reason: str
    finding: FindingOut


class CheckOut(Struct):
    """`gone`: of the baseline, seen no more."""

    schema: str
    fail_on: list[str]
    coverage: Coverage
    findings: list[VerdictOut]
    gone: list[Entry]
    unused_ignores: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", metavar="F.json", help="written by `djscope snapshot`")
    parser.add_argument(
        "--fail-on", metavar="KINDS", help=f"default {','.join(REPEATED)}; any, none"
    )
    parser.add_argument("--baseline", metavar="FILE", help="what is in there does not count")
    parser.add_argument("--write-baseline", metavar="FILE", help="write it from what is there now")
    parser.add_argument("--sarif", metavar="FILE", help="write SARIF 2.1.0")
    parser.add_argument("--junit", metavar="FILE", help="write JUnit XML")
    parser.add_argument("--json", action="store_true", help="all of it as JSON")
    parser.add_argument("--for", dest="seconds", type=duration, metavar="TIME", help="10s, 2m …")
    add_target_arguments(parser)
    add_threshold_argument(parser)
    add_map_argument(parser)


def run(options: argparse.Namespace) -> int:
    known = settings(Path.cwd())
    for name in filter(None, (options.write_baseline, options.sarif, options.junit)):
        writable(Path(name))
    rules, sources = rules_of(options, known), Sources(Path.cwd(), path_map(options.map))
    seen, code = seen_by(options, known)
    ran = [place for query in seen.queries for place in (query.where, query.origin) if place]
    judged = judge(((each, ()) for each in seen.findings), rules, sources.comments, ran)
    write(options, judged, sources)
    if options.json:
        print(to_json(as_json(judged, rules, seen)))
    else:
        show(options, known, judged, sources, seen)
    return code or (FINDINGS if judged.failing else OK)


def rules_of(options: argparse.Namespace, known: Settings) -> Rules:
    """The command line wins over the settings; they over what is usual."""
    kinds = known.fail_on if known.fail_on is not None else frozenset(REPEATED)
    if options.fail_on is not None:
        kinds = fail_on(options.fail_on, "--fail-on")
    path = Path(options.baseline) if options.baseline else known.baseline
    if path is None or (options.write_baseline and not path.exists()):
        return Rules(kinds, known.allow)
    return Rules(kinds, known.allow, baseline_in(path, f"write it with --write-baseline {path}"))


def seen_by(options: argparse.Namespace, known: Settings) -> tuple[Snapshot, int]:
    """What the file has, or what comes in the next seconds; and the exit code if that was cut."""
    if options.file is None:
        said = thresholds(options, known.thresholds)
        watch = observe(replace(find_target(options), thresholds=said), options.seconds or 10.0)
        return take(watch), watch.exit_code
    for option in ("redis", "app", "seconds", "threshold"):
        if getattr(options, option):
            name = "for" if option == "seconds" else option
            raise UsageError(
                f"--{name} is for watching, and {options.file} is what somebody saw: leave one out"
            )
    taken = snapshot_in(Path(options.file))
    cover = taken.coverage
    if not (taken.findings or taken.queries or cover.requests or cover.tasks):
        raise NothingSeenError(
            f"nothing was seen when {options.file} was written, so it proves nothing: take the"
            " snapshot while there is traffic"
        )
    return taken, OK


def write(options: argparse.Namespace, judged: Judged, sources: Sources) -> None:
    if options.write_baseline:
        kept = [each.finding for each in judged.of(NEW, KNOWN)]
        path = write_text(to_json(baseline(kept)), Path(options.write_baseline))
        judged.written()
        print(f"{number(len(kept), 'finding')} written to {path}", file=sys.stderr)
    if options.sarif:
        write_text(sarif(judged, sources), Path(options.sarif))
    if options.junit:
        write_text(junit(judged, sources), Path(options.junit))


def show(
    options: argparse.Namespace, known: Settings, judged: Judged, sources: Sources, seen: Snapshot
) -> None:
    path = options.baseline or known.baseline or "FILE"
    for line in report(judged, f"rewrite it with --write-baseline {path}"):
        print(plain(line))
    for line in filter(None, (not_here(sources), rests_on(judged, seen.coverage))):
        print(plain(line))


def rests_on(judged: Judged, cover: Coverage) -> str:
    """The sum, and what it was drawn from."""
    lost = cover.frames_missed + cover.events_dropped
    n = len(judged.failing)
    return (
        (
            f"{number(n, 'finding')} count{'s' if n == 1 else ''}: {named(judged.failing)}"
            if n
            else "no finding counts"
        )
        + f"; seen: {number(cover.requests, 'request')} and {number(cover.tasks, 'task run')}"
        f" from {cover.processes_reporting} of {number(cover.processes_seen, 'process')}"
        + (f"; {amount(lost)} frames or events were lost" if lost else "")
    )


def as_json(judged: Judged, rules: Rules, seen: Snapshot) -> CheckOut:
    return CheckOut(
        SCHEMA,
        sorted(rules.fail_on),
        seen.coverage,
        [VerdictOut(v.state, v.counts, v.reason, v.finding) for v in judged.verdicts],
        judged.gone,
        [at(each) for each in judged.unused],
    )


def at(ignore: Ignore) -> str:
    return f"{ignore.file}:{ignore.line}"
