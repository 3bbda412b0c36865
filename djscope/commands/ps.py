"""list the processes with a probe, and what they are doing"""

from __future__ import annotations

import argparse

from djscope.commands.target import add_target_arguments, find_target
from djscope.errors import NOTHING, OK, NothingSeenError
from djscope.feed.channel import Channel
from djscope.feed.redis_link import connect
from djscope.feed.shapes import Process
from djscope.model.snapshot import to_json
from djscope.plain import plain
from djscope.report import clock
from djscope_probes.wire import Keys

COLUMNS = (
    "PROCESS", "KIND", "APP", "STARTED", "LAST SEEN", "AT MOST", "DJANGO", "CELERY", "PYTHON",
    "PROBE",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_target_arguments(parser)
    parser.add_argument("--json", action="store_true", help="the same as JSON")


def run(options: argparse.Namespace) -> int:
    try:
        target = find_target(options)
    except NothingSeenError:
        if options.json:
            print("[]")
        raise
    client = connect(target.url)
    channel = Channel(client, Keys(target.app))
    now = channel.now()
    found = sorted(channel.processes(now), key=lambda each: (each[0].host, each[0].pid))
    client.close()
    if options.json:
        print(to_json([as_record(process, now - seen) for process, seen in found]))
    else:
        print(plain_table([COLUMNS, *(row(process, now - seen) for process, seen in found)]))
    return OK if found else NOTHING


def as_record(process: Process, ago: float) -> dict[str, str | int | float | list[str]]:
    return {
        "process": f"{process.host}/{process.pid}",
        "host": process.host,
        "pid": process.pid,
        "kind": process.kind,
        "app": process.app,
        "started": process.started,
        "last_seen_s_ago": round(ago, 1),
        "release": process.release,
        "django": process.django,
        "celery": process.celery,
        "python": process.python,
        "probe": process.probe,
        "wire": process.wire,
        "max_level": process.max_level,
        "allow": list(process.allow),
    }


def row(process: Process, ago: float) -> tuple[str, ...]:
    return (
        f"{process.host}/{process.pid}",
        process.kind,
        process.app,
        clock(process.started),
        f"{ago:.0f} s ago",
        process.max_level,
        process.django or "-",
        process.celery or "-",
        process.python,
        process.probe,
    )


def plain_table(rows: list[tuple[str, ...]]) -> str:
    """Columns as wide as their content."""
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
