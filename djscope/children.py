"""Processes that must not outlive us: started in sessions of their own, ended as whole groups.

A small keeper process (`djscope.keeper`) is their parent and watches a pipe from us, so that even
kill -9 of this process ends them within a second. Should the keeper be killed as well, the next
start sweeps what is left: a keeper locks its run directory, a free lock means that it is gone.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from djscope import keeper

if TYPE_CHECKING:
    from typing import Self  # tests of the probes use this file on Python 3.10, which lacks it

RECORD = "processes.json"
START_TOLERANCE = 2.0  # seconds; Linux derives start times from a boot time that wobbles
TAIL_BYTES = 4096


class ChildError(RuntimeError):
    """A process could not be started; the message is one sentence."""


def runtime_directory() -> Path:
    """The user's private place for run directories; created on first use."""
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    if session and os.access(session, os.W_OK | os.X_OK):
        path, variable = Path(session, "djscope"), "XDG_RUNTIME_DIR"
    else:
        path, variable = Path(tempfile.gettempdir(), f"djscope-{os.getuid()}"), "TMPDIR"
    try:
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        info = path.lstat()
    except OSError as error:
        why = f"{path} cannot be made ({error.strerror})"
        raise ChildError(f"{why}: set {variable} to a place of yours") from None
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid() or info.st_mode & 0o077:
        raise ChildError(
            f"{path} is not a private directory of yours:"
            f" move it away, or set {variable} to another place"
        )
    return path


def run_directory(purpose: str) -> Path:
    """A fresh private directory, after sweeping those whose keeper is dead."""
    base = runtime_directory()
    sweep(base)
    return Path(tempfile.mkdtemp(prefix=f"run-{purpose}-", dir=base))


def sweep(base: Path) -> None:
    """End what a killed keeper left behind; touches nothing whose keeper lives."""
    for directory in base.glob("run-*"):
        with suppress(OSError):
            lock = _lock(directory)
            try:
                fresh = time.time() - directory.stat().st_mtime < 60
                if fresh and not (directory / RECORD).exists():
                    continue  # about to get its keeper
                _kill_recorded(directory / RECORD)
                shutil.rmtree(directory)
            finally:
                os.close(lock)


class Children:
    """The processes of one run directory; `close` ends them and removes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.pids: dict[str, int] = {}
        lock = _lock(directory)
        try:
            self._keeper = subprocess.Popen(  # noqa: S603  our own interpreter and file
                [sys.executable, "-I", "-S", keeper.__file__, str(directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=[lock],
            )
        finally:
            os.close(lock)
        self._record()

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        feed: str = "",
    ) -> int:
        """Start a process, `feed` it on stdin, and return its pid; output goes to `log(name)`."""
        order = {
            "argv": list(argv),
            "env": dict(os.environ if env is None else env),
            "cwd": str(cwd or self.directory),
            "log": str(self.log(name)),
            "feed": feed,
        }
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        try:
            self._keeper.stdin.write(json.dumps(order).encode() + b"\n")
            self._keeper.stdin.flush()
            reply = json.loads(self._keeper.stdout.readline())
        except (OSError, ValueError):
            raise ChildError(f"{name} was not started: its keeper process is gone.") from None
        if "error" in reply:
            raise ChildError(f"{name} could not be started: {reply['error']}.")
        self.pids[name] = reply["pid"]
        self._record()
        return self.pids[name]

    def log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    def tail(self, name: str, lines: int = 8) -> str:
        """The last lines of a process's output, for an error message."""
        with suppress(OSError):
            text = self.log(name).read_bytes()[-TAIL_BYTES:].decode(errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return ""

    def alive(self, name: str) -> bool:
        """False once the process ended; it stays a zombie until the keeper reaps it at the end."""
        try:
            return bool(psutil.Process(self.pids[name]).status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False

    def close(self) -> None:
        """End every process and remove the directory; may be called twice."""
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        with suppress(OSError):
            self._keeper.stdin.close()
        try:
            self._keeper.wait(keeper.GRACE + 10)
        except subprocess.TimeoutExpired:
            self._keeper.kill()
            self._keeper.wait()
        self._keeper.stdout.close()
        sweep(self.directory.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _record(self) -> None:
        """Who to end, should the keeper not live to do it."""
        started = {pid: _started(pid) for pid in [self._keeper.pid, *self.pids.values()]}
        draft = self.directory / f"{RECORD}.new"
        draft.write_text(json.dumps(started))
        draft.replace(self.directory / RECORD)


def _lock(directory: Path) -> int:
    """An exclusive lock on the directory, as a file descriptor; OSError when somebody has it."""
    fd = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        raise
    return fd


def _started(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def _kill_recorded(record: Path) -> None:
    """Kill the recorded groups whose leader is still the process that was recorded."""
    try:
        recorded: dict[str, float] = json.loads(record.read_bytes())
    except (OSError, ValueError):
        return
    for pid, started in recorded.items():
        if started and abs(_started(int(pid)) - started) < START_TOLERANCE:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(int(pid), signal.SIGKILL)
