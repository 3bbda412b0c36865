"""Copying out of a terminal: by its escape sequence, and through tmux where that is between."""

from __future__ import annotations

import os
import subprocess

from textual.app import App


def copy(app: App[None], text: str) -> None:
    """To the terminal's clipboard. tmux swallows the sequence unless `set-clipboard` is on, but
    passes on what it is given itself.
    """
    app.copy_to_clipboard(text)
    if "TMUX" in os.environ:
        try:
            subprocess.run(
                ["tmux", "load-buffer", "-w", "-"],  # noqa: S607  # the one we run in
                input=text.encode(), timeout=2, check=False, capture_output=True,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            pass  # then the sequence has to do
