"""print where every thread and asyncio task of one process stands

PROCESS is `host/pid` as `djscope ps` lists it, or a pid on this machine. Its probe is asked; where
there is none, or it does not answer, py-spy looks from outside (this machine only).
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from djscope.attach.pyspy import dump
from djscope.attach.taking import Taking
from djscope.commands.target import Target, add_target_arguments, choose_app, named_url
from djscope.errors import OK, NothingSeenError, UsageError
from djscope.feed.leases import FullError
from djscope.feed.redis_link import address_of
from djscope.model.processes import ProcessFact
from djscope.model.snapshot import to_json
from djscope.model.stacks import Taken, as_json, lines
from djscope.plain import plain
from djscope.watch import Watch

# To find the process among those announced, and for its probe to say that it is on.
FIND_S = 3.0
ARM_S = 2.0
TICK_S = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("process", metavar="PROCESS", help="host/pid, or a pid on this machine")
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(options: argparse.Namespace) -> int:
    host, pid = parsed(options.process)
    here = host in ("", os.uname().nodename)
    target = find_app(options, must=not here)
    try:
        if target and show_probed(target, host or os.uname().nodename, pid, options.json):
            return OK
    except FullError:
        if not here:
            raise
    if not here:
        raise NothingSeenError(f"no process {host}/{pid} has a probe: `djscope ps` lists those")
    show(dump(pid, f"{os.uname().nodename}/{pid}"), options.json)
    return OK


def show(taken: Taken, as_record: bool) -> None:
    text = [to_json(as_json(taken))] if as_record else map(plain, lines(taken))
    for line in text:
        print(line)
    sys.stdout.flush()


def parsed(text: str) -> tuple[str, int]:
    """Host (empty for this machine) and pid."""
    host, _, rest = text.rpartition("/")
    pid = rest.partition("@")[0]
    if not (pid.isascii() and pid.isdigit() and int(pid)):
        raise UsageError(f"{text!r} is no process: give host/pid as in `djscope ps`, or a pid")
    return host, int(pid)


def show_probed(target: Target, host: str, pid: int, as_record: bool) -> bool:
    """The stacks of a process with a probe; false where there is no such process.

    Shown before the watch ends: a process that hangs does not confirm that it is off.
    """
    watch = Watch(target.url, target.app, target.label)
    watch.start()
    try:
        process = find(watch, host, pid)
        if process is None:
            return False
        show(finished(Taking(watch, process)), as_record)
        return True
    finally:
        watch.stop()


def find_app(options: argparse.Namespace, *, must: bool) -> Target | None:
    """Where probes publish; a pid on this machine does not need one."""
    url = named_url(options)
    if not url:
        if must:
            raise UsageError("no Redis is named where probes publish: give --redis URL")
        return None
    app = choose_app(options, url)
    return Target(url, address_of(url).label, app) if app else None


def find(watch: Watch, host: str, pid: int) -> ProcessFact | None:
    """The process once it has announced itself, armed if it can be."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < FIND_S:
        with watch.lock:
            known = list(watch.session.processes.values())
        # A pid may have been used before: the latest counts.
        found = [each for each in known if (each.host, each.pid) == (host, pid)]
        best = max(found, key=lambda each: each.started, default=None)
        if best is not None and (best.armed or passed > ARM_S):
            return best
        if watch.feed.fatal is not None:
            raise watch.feed.fatal
        time.sleep(TICK_S)
    return None


def finished(taking: Taking) -> Taken:
    """Wait for it; says on a terminal what is waited for."""
    while not taking.poll():
        if sys.stderr.isatty():
            print(f"\r\x1b[K{plain(taking.stage)}…", end="", file=sys.stderr, flush=True)
        time.sleep(TICK_S)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if taking.taken is None:
        raise NothingSeenError(taking.problem)
    return taking.taken
