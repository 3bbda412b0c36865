"""Leaves the embedded server's address where this user's probes and viewers look for it."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from djscope_probes import endpoint


@contextmanager
def announced(url: str) -> Iterator[None]:
    """The address can be found for as long as this lasts, once those before it are gone."""
    sweep()
    directory = Path(endpoint.directory())
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made with 0600. Locked before it has the name that others look for.
    descriptor, draft = tempfile.mkstemp(prefix="draft-", dir=directory)
    path = directory / f"{endpoint.PREFIX}{os.getpid()}{endpoint.SUFFIX}"
    with os.fdopen(descriptor, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump({"url": url}, file)
        file.flush()
        Path(draft).replace(path)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()


def lent(url: str) -> bool:
    """It is the server of a viewer of this user's, the one where all meet, and he is there."""
    return bool(url) and endpoint.read() == url


def sweep() -> None:
    """Remove what viewers left that were killed."""
    for name in endpoint.files():
        with suppress(OSError), Path(name).open() as file:
            if not endpoint.held(file.fileno()):
                Path(name).unlink()
