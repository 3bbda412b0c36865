"""watch running processes live in the terminal (what plain `djscope` does)

Shows what the probes of one app publish: queries, requests, tasks, and findings with the line that
causes them. Nothing is wrapped in a process before somebody watches, nor after.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from djscope.commands.reach import Reach
from djscope.commands.snapshot import take_of, write
from djscope.commands.target import (
    Target,
    add_map_argument,
    add_target_arguments,
    add_threshold_argument,
    found_or_embedded,
)
from djscope.errors import OK, UsageError
from djscope.model.session import Session
from djscope.pathmap import PathMap, path_map
from djscope.plain import plain
from djscope.watch import Watch

OURS = "the Redis ends with this viewer, who brought it: {others} watched too and must attach again"
# Files are where processes have them.
HERE = PathMap()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    add_map_argument(parser)
    add_threshold_argument(parser)


def run(options: argparse.Namespace) -> int:
    paths = path_map(options.map)
    need_terminal("djscope now")
    with found_or_embedded(options) as target:
        return show(target, paths)


def need_terminal(instead: str) -> None:
    """A screen needs one; say what works without."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise UsageError(f"this needs a terminal to draw in; without one use `{instead}`")


def show(target: Target, paths: PathMap = HERE) -> int:
    """The screen, until the user quits; then what the probes confirmed."""
    from djscope.sourcefiles import SourceFiles
    from djscope.ui.app import DjscopeApp

    watch = Watch(target.url, target.app, target.label, target.thresholds)

    def export(path: Path, session: Session, now: float) -> Path:
        return write(take_of(watch, session, now), path)

    reach = Reach(watch)
    watch.start()
    try:
        DjscopeApp(watch, reach, export, SourceFiles(watch, paths)).run()
    finally:
        reach.close()
        confirmed = watch.stop()
    if watch.feed.fatal is not None:
        raise watch.feed.fatal
    others = ", ".join(watch.status.others)
    print(plain(OURS.format(others=others) if target.ours and others else confirmed))
    return OK
