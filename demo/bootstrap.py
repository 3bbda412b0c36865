"""Makes sure that `.venv` is ready, then becomes the command asked for. Standard library only.

`python3 demo` and `python3 tests` share it. It must parse on any Python 3.6 or newer, to be able to
say that 3.11 is needed: no newer syntax, and nothing newer runs before the check.
"""

import os
import sys

if sys.version_info < (3, 11) or os.name != "posix":
    sys.stderr.write(
        "djscope needs Python 3.11 or newer on Linux or macOS, this is %s on %s: "  # noqa: UP031
        "use a newer one, for example python3.12 in place of python3.\n"
        % (sys.version.split()[0], sys.platform)
    )
    sys.exit(2)

import fcntl
import hashlib
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "ready"
INPUTS = ("pyproject.toml", "probes/pyproject.toml", "constraints.txt")


def run(module: str, arguments: list[str], directory: Path | None = None) -> None:
    """Make sure that the environment is ready, then replace this process by the command."""
    try:
        wanted = fingerprint()
        if not ready(wanted):
            set_up(wanted)
    except OSError as error:
        remedy = "check that this is a full checkout on a disk that can be written"
        leave(f"djscope could not set up its environment ({error}): {remedy}.", 2)
    except KeyboardInterrupt:
        leave("\ndjscope: set-up interrupted; the next call starts it afresh.", 130)
    if directory:
        os.chdir(directory)
    # -P: a redis.py in the caller's directory must not be imported in place of the library.
    os.execv(PYTHON, [str(PYTHON), "-P", "-m", module, *arguments])


def fingerprint() -> str:
    """What the environment depends on: the inputs, the interpreter, and where all this lies."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {ROOT}".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def ready(wanted: str) -> bool:
    """Whether the stamp, written last, names what is wanted, and the interpreter still exists."""
    with suppress(OSError):
        return STAMP.read_text() == wanted and PYTHON.exists()
    return False


def set_up(wanted: str) -> None:
    """Build the environment; of two calls at once, the second waits and finds it done."""
    import environment  # noqa: PLC0415  the second call must start at once

    lock = os.open(ROOT, os.O_RDONLY)  # pip inherits it: should we be killed, it still holds
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write("djscope: another call is setting up .venv, waiting for it\n")
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError:  # a network file system without locks
        pass
    if not ready(wanted):
        STAMP.unlink(missing_ok=True)
        try:
            environment.build(ROOT, VENV, lock)
        except environment.SetupError as error:
            leave(f"djscope could not set up its environment: {error}.", 2)
        STAMP.write_text(wanted)
    os.close(lock)


def leave(sentence: str, code: int) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.exit(code)
