"""watch for some seconds and write everything seen as JSON"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from djscope.checking.files import writable, write_text
from djscope.commands.observe import observe
from djscope.commands.target import (
    add_target_arguments,
    add_threshold_argument,
    duration,
    find_target,
)
from djscope.model.schema import Snapshot
from djscope.model.session import Session
from djscope.model.snapshot import snapshot, to_json
from djscope.watch import Watch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_threshold_argument(parser)
    parser.add_argument(
        "--for", dest="seconds", type=duration, default=10.0, metavar="TIME", help="10s, 2m …"
    )
    parser.add_argument(
        "-o", "--output", default="-", metavar="FILE", help="where to write; - is standard output"
    )


def run(options: argparse.Namespace) -> int:
    if options.output != "-":
        writable(Path(options.output))
    watch = observe(find_target(options), options.seconds)
    taken = take(watch)
    if options.output == "-":
        print(to_json(taken))
    else:
        path = write(taken, Path(options.output))
        print(f"{len(taken.findings)} findings written to {path}", file=sys.stderr)
    return watch.exit_code


def take(watch: Watch) -> Snapshot:
    """What a watch knows now."""
    return take_of(watch, watch.session, watch.now())


def take_of(watch: Watch, session: Session, now: float) -> Snapshot:
    """The same of a session that may have been frozen meanwhile."""
    with watch.lock:
        return snapshot(session, now, watch.status)


def write(taken: Snapshot, path: Path) -> Path:
    return write_text(to_json(taken), path)
