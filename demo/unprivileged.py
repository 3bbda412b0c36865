"""Servers that refuse to run as root get another user, and a directory which it may enter."""

import os
import pwd
import stat
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from djscope.children import ChildError, sweep

# Runs the rest of its arguments as that user.
SWITCH = (
    "import os, sys; os.setgroups([]); os.setgid({gid}); os.setuid({uid}); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
NAMES = ("postgres", "nobody")


def ids() -> tuple[int, int]:
    """User and group to run such a server as: our own, unless we are root."""
    if os.getuid():
        return os.getuid(), os.getgid()
    for name in NAMES:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
    raise ChildError(f"root may not run it, and no other user is there ({' or '.join(NAMES)})")


def command(argv: Sequence[str]) -> list[str]:
    """`argv` so that it runs as that user."""
    uid, gid = ids()
    if uid == os.getuid():
        return list(argv)
    return [sys.executable, "-I", "-S", "-c", SWITCH.format(uid=uid, gid=gid), *argv]


def run_directory() -> Path:
    """Fresh, and swept like all others; others may pass through it, but not look into it.

    In /tmp, because the user's own directories are closed to others, and because the path of a
    socket has to stay under 104 bytes.
    """
    base = Path("/tmp", f"djscope-open-{os.getuid()}")
    base.mkdir(mode=0o711, exist_ok=True)
    info = base.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o022:
        raise ChildError(f"{base} is not a directory of yours alone: remove it and try again")
    sweep(base)
    path = Path(tempfile.mkdtemp(prefix="run-", dir=base))
    path.chmod(0o711)
    return path


def private(path: Path) -> Path:
    """Make a directory that is that user's alone."""
    path.mkdir(mode=0o700)
    os.chown(path, *ids())
    return path
