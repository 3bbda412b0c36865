"""Files of findings: snapshots and baselines in, what was asked for out. Wrong ones are one
sentence.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from djscope.errors import UsageError
from djscope.model.baseline import BASELINE, Baseline
from djscope.model.schema import SCHEMA, Snapshot


class Head(msgspec.Struct):
    schema: str


def snapshot_in(path: Path) -> Snapshot:
    """Strict: every field of this version's format."""
    remedy = "write one with `djscope snapshot -o FILE`"
    body = content(path, remedy)
    check(path, body, SCHEMA, "snapshot", remedy)
    try:
        return msgspec.json.decode(body, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is a damaged snapshot: {error}") from None


def baseline_in(path: Path, remedy: str) -> Baseline:
    """`remedy`: how to write it, where it is not there."""
    body = content(path, remedy)
    check(path, body, BASELINE, "baseline", remedy)
    try:
        return msgspec.json.decode(body, type=Baseline)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{path} is a damaged baseline: {error}") from None


def content(path: Path, remedy: str) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}: {remedy}") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def check(path: Path, body: bytes, schema: str, what: str, remedy: str) -> None:
    """By its schema: what it is, and whether we read that version."""
    try:
        found = msgspec.json.decode(body, type=Head).schema
    except msgspec.MsgspecError:
        raise UsageError(f"{path} is no {what} of djscope's: {remedy}") from None
    if found == schema:
        return
    name, _, version = schema.rpartition("/")
    match = re.fullmatch(rf"{name}/(\d+)", found)
    if match is None:
        raise UsageError(f"{path} is no {what} of djscope's but {found!r}: {remedy}")
    age = "newer" if int(match[1]) > int(version) else "older"
    raise UsageError(
        f"{path} has format {found}, {age} than the one this djscope reads ({schema}):"
        f" use the same djscope on both sides"
    )


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
