"""Starting where it cannot be done, and where it was done already."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

STARTS = Path(__file__).resolve().parent / "starts"


def run(name: str) -> tuple[list[str], list[str]]:
    """A script in a process of its own: its lines on stdout, and its log."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("DJSCOPE")}
    done = subprocess.run(
        [sys.executable, str(STARTS / name)],
        capture_output=True, text=True, env=env, timeout=60, check=True,
    )  # fmt: skip
    return done.stdout.splitlines(), done.stderr.splitlines()


def test_a_host_that_can_start_no_thread_starts_all_the_same() -> None:
    """It says once why it cannot be watched; when it can again, a second start is not a lie."""
    said, log = run("crammed.py")

    assert said == ["up False False 0", "later True True", "stopped"]
    assert log == ["djscope: this process cannot be watched: it can start no more threads"]


def test_two_copies_of_the_package_have_one_probe() -> None:
    """The second finds the first one's, joins it, and ends nothing of it; then it has its turn."""
    said, log = run("twice.py")

    assert said == [
        "first starts True",
        "second starts False",
        "second joins visiting first",
        "second stops False",
        "first stops ",
        "second starts True",
        "first starts False",
        "second stops ",
    ]
    assert log == []
