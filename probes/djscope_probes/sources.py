"""Source files: a digest of each that a frame names, and some lines of one where the host allows.

Runs in the probe's thread alone: it reads files.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import stat
import struct
import time
from collections.abc import Collection

from djscope_probes.ownership import is_app_file
from djscope_probes.wire import CHANGED, FRAME_BYTES, SourceSent, dumps, source_digest

# Larger files are no source that somebody wrote.
MAX_BYTES = 2_000_000
MAX_FILES = 2_000
# Lines on either side of the one asked for.
AROUND = 40
LONGEST = 400
# What an answer's other fields and the frame around it take, at most.
HEAD_BYTES = 2_000
_imported_at = time.time()
_digests: dict[str, str] = {}

NOT_ALLOWED = (
    'its host does not send sources: DJSCOPE = {"ALLOW": ["source"]} in the settings allows it'
)
NOT_NAMED = "no frame of that process has named the file since it is being watched"
NOT_THERE = "the process has no such file to read"


def digest_of(file: str) -> str:
    """The digest of a file at the first call, with `CHANGED` before it if it changed since it may
    have been loaded; empty if there is none. Remembered: a process's ids must not change.
    """
    known = _digests.get(file)
    if known is None:
        if len(_digests) >= MAX_FILES:
            return ""
        known = _digests[file] = _digest(file)
    return known


def _digest(file: str) -> str:
    found = _read(file)
    if found is None:
        return ""
    data, status = found
    return (CHANGED if changed(file, status) else "") + source_digest(data)


def _read(file: str) -> tuple[bytes, os.stat_result] | None:
    """A regular file's content and status; None whatever prevents that."""
    try:
        status = os.stat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            return None
        with open(file, "rb") as opened:
            return opened.read(MAX_BYTES), status
    except (OSError, ValueError):
        return None


def text_of(file: str) -> str:
    """What stands in a file; nothing if it cannot be read."""
    found = _read(file)
    return found[0].decode("utf-8", "replace") if found is not None else ""


def changed(file: str, status: os.stat_result) -> bool:
    """Whether the file was written or put there after code could first be loaded.

    A compiled file older than that, made of this very source, says that it was not; then only its
    place, owner or rights changed. (A deploy may bring files with old times: `st_ctime` counts.)
    """
    since = loading_since()
    if max(status.st_mtime, status.st_ctime) <= since:
        return False
    return not _compiled_before(file, status, since)


def loading_since() -> float:
    """When `logging` was imported (its `_startTime`, nanoseconds from CPython 3.13 on): Django
    imports it before any application code, and a forked worker inherits it from its parent.
    """
    began = getattr(logging, "_startTime", None)
    if isinstance(began, float):
        return began
    return began / 1e9 if isinstance(began, int) else _imported_at


def _compiled_before(file: str, status: os.stat_result, since: float) -> bool:
    """PEP 552: magic number, flags (0: by time and size), then mtime and size of the source."""
    try:
        compiled = importlib.util.cache_from_source(file)
        if max(os.stat(compiled).st_mtime, os.stat(compiled).st_ctime) > since:
            return False
        with open(compiled, "rb") as opened:
            magic, flags, mtime, size = struct.unpack("<4sIII", opened.read(16))
    except (OSError, ValueError, NotImplementedError, struct.error):
        return False
    made_of = (int(status.st_mtime) & 0xFFFFFFFF, status.st_size & 0xFFFFFFFF)
    return magic == importlib.util.MAGIC_NUMBER and flags == 0 and (mtime, size) == made_of


def answer(asked: str, named: Collection[str], *, allowed: bool) -> SourceSent | None:
    """Lines for `source PROCESS REQUEST LINE FILE`; None if that is not what was asked.

    `named`: the files that frames named since the probe armed.
    """
    words = asked.split(" ", 4)
    if len(words) < 5 or words[0] != "source" or not words[3].isdecimal():
        return None
    _, _, request, line, file = words
    if not allowed:
        return SourceSent(request[:40], file[:1000], 0, "", problem=NOT_ALLOWED)
    if file not in named or not is_app_file(file):
        return SourceSent(request[:40], file[:1000], 0, "", problem=NOT_NAMED)
    found = _read(file)
    if found is None:
        return SourceSent(request[:40], file[:1000], 0, "", problem=NOT_THERE)
    data, status = found
    mark = CHANGED if changed(file, status) or digest_of(file).startswith(CHANGED) else ""
    first, text = window(data.decode("utf-8", "replace").splitlines(), int(line[:9]))
    return SourceSent(request[:40], file, first, text, mark + source_digest(data))


def window(lines: list[str], line: int) -> tuple[int, str]:
    """The first line's number and the lines around `line`, as many as fit a frame."""
    around = AROUND
    while True:
        first = max(line - around, 1)
        text = "\n".join(each[:LONGEST] for each in lines[first - 1 : line + around])
        if len(dumps(text)) <= FRAME_BYTES - HEAD_BYTES or around == 0:
            return first, text
        around //= 2
