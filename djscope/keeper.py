"""Starts processes for one owner and ends them when that owner is gone, however it went.

Run as a script by `djscope.children`, isolated and without site-packages, so that it costs 20 ms.
The owner's end of the pipe closes on a clean exit and on kill -9 alike: there is only one way down.
As their parent it never signals a stranger: a pid is not given away before it was reaped, and
nothing is reaped before the end.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import Any

GRACE = 0.6  # seconds between the polite signal and the final one

Running = list[subprocess.Popen[bytes]]


def main(directory: str) -> None:
    """Serve start orders, one JSON line each, until the owner's end closes."""
    running: Running = []
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    try:
        for line in sys.stdin.buffer:
            reply = json.dumps(_start(json.loads(line), running))
            print(reply, flush=True)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end(running)
        shutil.rmtree(directory, ignore_errors=True)


def _leave(_signum: int, _frame: object) -> None:
    raise SystemExit(0)


def _start(order: dict[str, Any], running: Running) -> dict[str, object]:
    """Start one process in a session of its own, its output in a log file."""
    try:
        with open(order["log"], "ab", opener=_private) as log:
            process = subprocess.Popen(  # noqa: S603  the order comes from our own owner
                order["argv"],
                env=order["env"],
                cwd=order["cwd"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        return {"error": str(error)}
    running.append(process)
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as pipe:
        pipe.write(order["feed"].encode())
    return {"pid": process.pid}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _end(running: Running) -> None:
    """TERM to every leader, one common wait, KILL to whatever is left of each group."""
    for process in running:
        with suppress(OSError):
            os.kill(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    for process in running:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
        with suppress(
            ProcessLookupError, PermissionError
        ):  # macOS: EPERM when only zombies are left
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    main(sys.argv[1])
