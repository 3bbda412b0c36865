"""watch for some seconds, then print ten plain lines, worst first

For incidents and chat: no terminal needed, nothing to read but what matters.
"""

from __future__ import annotations

import argparse

from djscope.commands.observe import observe
from djscope.commands.target import (
    add_target_arguments,
    add_threshold_argument,
    duration,
    find_target,
)
from djscope.model.findings import find, find_gone
from djscope.model.snapshot import finding_out, to_json
from djscope.plain import plain
from djscope.report import coverage, lines

LINES = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_threshold_argument(parser)
    parser.add_argument(
        "--for", dest="seconds", type=duration, default=10.0, metavar="TIME", help="10s, 2m …"
    )
    parser.add_argument("--json", action="store_true", help="the findings as JSON")


def run(options: argparse.Namespace) -> int:
    watch = observe(find_target(options), options.seconds)
    now = watch.now()
    found = find(watch.session, now)
    gone = find_gone(watch.session, now, found)
    if options.json:
        print(to_json([finding_out(each, watch.session.definitions) for each in [*found, *gone]]))
        return watch.exit_code
    for line in lines(found[:LINES]):
        print(plain(line))
    if len(found) > LINES:
        print(f"… and {len(found) - LINES} more: `djscope attach`, or --json")
    for line in lines(gone[:LINES]):
        print(plain(line))
    print(plain(coverage(watch.session, now)))
    return watch.exit_code
