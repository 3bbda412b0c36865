"""watch for some seconds and write everything seen as JSON"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from djscope.commands.observe import observe
from djscope.commands.target import (
    add_target_arguments,
    add_threshold_argument,
    duration,
    find_target,
)
from djscope.errors import UsageError
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


def writable(path: Path) -> None:
    """Say that a file cannot be written before anybody waits for it."""
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a directory: give a file to write to")
        path.stat()
    except FileNotFoundError:
        if not path.resolve().parent.is_dir():
            raise UsageError(f"the directory of {path} does not exist: create it first") from None
    except OSError as error:
        raise cannot_write(path, error) from None


def cannot_write(path: Path, error: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {error.strerror}")


def write(taken: Snapshot, path: Path) -> Path:
    return write_text(to_json(taken), path)


def write_text(text: str, path: Path) -> Path:
    """Write all or nothing: a reader never finds half a file."""
    writable(path)
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_text(text + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise cannot_write(path, error) from None
    return path.resolve()
