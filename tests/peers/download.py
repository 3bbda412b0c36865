"""Somebody else's tests, from PyPI at test time, kept in `.cache` at the top of the checkout."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve()
ABOVE = HERE.parents[2]
CACHE = next((each for each in HERE.parents if (each / ".git").exists()), ABOVE) / ".cache"


def downloaded(requirements: Path) -> Path:
    """`source/`: the first of the pinned distributions, unpacked; `site-packages/`: the others.

    Where there is no network the test is skipped.
    """
    pins = [line for line in requirements.read_text().splitlines() if "==" in line]
    digest = hashlib.sha256("\n".join(pins).encode()).hexdigest()[:12]
    kept = CACHE / f"{pins[0].partition('==')[0]}-{digest}"
    if not kept.exists():
        CACHE.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=CACHE))
        try:
            fetch(pins, fresh)
            fresh.rename(kept)
        except OSError:  # another run was first
            if not kept.exists():
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return kept


def fetch(pins: list[str], to: Path) -> None:
    first, *others = pins
    pip("download", "--no-deps", "--no-binary", ":all:", "--dest", str(to), first)
    (archive,) = to.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(to / "unpacked", filter="data")
    (directory,) = (to / "unpacked").iterdir()
    directory.rename(to / "source")
    pip("install", "--no-deps", "--target", str(to / "site-packages"), *others)


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        pytest.skip(f"no tests of {arguments[-1]} here, run once with PyPI within reach: {why}")
