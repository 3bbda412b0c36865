"""A small shop whose tests are run by a pytest of their own; snapshots on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from djscope.model.snapshot import snapshot, to_json
from tests.builders import NOON, shop

PROJECT = Path(__file__).resolve().parent / "project"
# The project's tests are not ours.
collect_ignore = ["project"]
OURS = ("-p", "no:randomly", "-p", "no:cacheprovider", "-W", "ignore", "--no-migrations", "-q")
Pytest = Callable[..., subprocess.CompletedProcess[str]]


def copy(directory: Path) -> Path:
    """The shop, to be changed."""
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PROJECT, directory / "project", ignore=ignored))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy(tmp_path)


def run_pytest(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest as a user runs it there."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("DJSCOPE", "PYTEST", "DJANGO"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", *OURS, *arguments],
        cwd=directory,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.fixture
def run_there(project: Path) -> Pytest:
    """pytest in this test's own copy."""
    return lambda *arguments: run_pytest(project, *arguments)


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of the section at the end."""
    head, found, rest = done.stdout.partition(" djscope ==")
    assert found, head + done.stderr
    return rest.splitlines()[1:]


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A snapshot as `djscope snapshot -o` writes it, with an N+1 and more."""
    feed = shop()
    path = tmp_path / "F.json"
    path.write_text(to_json(snapshot(feed.session, NOON + 60, feed.status)), encoding="utf-8")
    return path
