"""Where a laptop without Redis meets: each viewer's embedded server leaves its address in a file.

The files are the user's own (0600, in the runtime directory), and locked for as long as their
viewer lives; a probe looks for them only under DEBUG. Where several viewers brought servers, all
meet at the one that was there first.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile

PREFIX, SUFFIX = "endpoint-", ".json"


def directory() -> str:
    """The one place where both sides look: that of `djscope.children`."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if session and os.access(session, os.W_OK | os.X_OK):
        return os.path.join(session, "djscope")
    return os.path.join(tempfile.gettempdir(), f"djscope-{os.getuid()}")


def files() -> list[str]:
    """All that were left, also by viewers that are gone."""
    try:
        names = os.listdir(directory())
    except OSError:
        return []
    wanted = [name for name in names if name.startswith(PREFIX) and name.endswith(SUFFIX)]
    return [os.path.join(directory(), name) for name in wanted]


def read() -> str:
    """The URL of the first server whose viewer is alive, else an empty string."""
    found = sorted(filter(None, map(_read, files())))
    return found[0][1] if found else ""


def _read(path: str) -> tuple[float, str] | None:
    """Since when, and the URL; None if it is not this user's alone or its viewer is gone."""
    try:
        with open(path, encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or status.st_mode & 0o077 or not held(file.fileno()):
                return None
            return status.st_mtime, str(json.load(file)["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def held(descriptor: int) -> bool:
    """Somebody lives who has that file locked: not even `kill -9` leaves a lock behind."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
