"""The user's editor at a line. No editor, no file: a sentence instead."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from textual.app import App, SuspendNotSupported

# Editors that take the line as part of the file's name, and what makes them do so.
_GOTO = {"code": ["--goto"], "codium": ["--goto"], "cursor": ["--goto"], "subl": [], "zed": []}


def chosen(environ: Mapping[str, str]) -> str:
    """What the user calls an editor."""
    return environ.get("VISUAL") or environ.get("EDITOR") or ""


def command(editor: str, path: Path, line: int) -> list[str]:
    """The call that opens `path` at `line`."""
    words = shlex.split(editor)
    if Path(words[0]).name in _GOTO:
        return [*words, *_GOTO[Path(words[0]).name], f"{path}:{line}"]
    return [*words, f"+{line}", str(path)]


def open_at(app: App[None], editor: str, path: Path, line: int) -> str:
    """Hand the terminal to the editor; returns what went wrong."""
    if not editor.strip():
        return "no editor known: set $EDITOR"
    if not path.is_file():
        return f"this machine has no {path}"
    try:
        with app.suspend():
            subprocess.run(command(editor, path, line), check=False)  # noqa: S603  # the user's own
    except SuspendNotSupported:
        return "this terminal cannot be handed to an editor"
    except (OSError, ValueError) as error:
        return f"cannot start {editor}: {error}"
    return ""
