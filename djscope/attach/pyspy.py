"""py-spy's dump of a process on this machine, as stacks; what is in the way, as one sentence.

`py-spy dump --json` prints a list of threads, frames innermost first (py-spy 0.4).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct

from djscope.errors import NothingSeenError
from djscope.model.definitions import Place, Stack
from djscope.model.findings.standing import app_place
from djscope.model.stacks import PY_SPY, Taken, ThreadFact, in_order

LIMIT_S = 10.0
# Installed packages, the standard library, and what has no file.
_LIBRARY = re.compile(r"/(site|dist)-packages/|/lib(64)?/python\d|^<|/bin/[^/]+$|^$")
_PROBES = re.compile(r"/djscope_probes/[^/]+$")
_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")


class Frame(Struct):
    name: str
    filename: str
    line: int


class Thread(Struct):
    frames: list[Frame]
    thread_name: str | None = None
    os_thread_id: int | None = None
    thread_id: int = 0
    active: bool = False
    owns_gil: bool = False


_threads = msgspec.json.Decoder(list[Thread])


def dump(pid: int, name: str, near: Place | None = None) -> Taken:
    """Stacks of process `pid`; the thread that stands at or below `near` is the one asked about.

    Raises NothingSeenError with cause and remedy.
    """
    if not psutil.pid_exists(pid):
        raise NothingSeenError(f"there is no process {name}, or no more")
    command = [binary(), "dump", "--json", "--full-filenames", "--pid", str(pid)]
    stopped = state_of(pid) == psutil.STATUS_STOPPED
    if stopped:
        command.append("--nonblocking")  # py-spy cannot stop what stands still already
    try:
        done = subprocess.run(  # noqa: S603  # our own arguments
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise NothingSeenError(
            f"py-spy was not done with {name} within {LIMIT_S:.0f} s: is the machine overloaded?"
        ) from None
    except OSError as error:
        raise NothingSeenError(f"py-spy cannot be started: {error.strerror}") from None
    if done.returncode:
        raise NothingSeenError(why(pid, name, done.stderr.decode("utf-8", "replace")))
    try:
        threads = _threads.decode(done.stdout)
    except msgspec.MsgspecError as error:
        raise NothingSeenError(f"py-spy's answer cannot be read: {error}") from None
    facts = in_order(fact(thread, near) for thread in threads if not is_probe(thread))
    by = f"{PY_SPY}; the process is stopped (SIGSTOP)" if stopped else PY_SPY
    return Taken(name, by, time.time(), facts)


def state_of(pid: int) -> str:
    """As psutil calls it; empty where it cannot be told."""
    try:
        return str(psutil.Process(pid).status())
    except psutil.Error:
        return ""


def binary() -> str:
    """It is installed along with djscope, beside the interpreter."""
    beside = Path(sys.executable).with_name("py-spy")
    found = str(beside) if beside.is_file() else shutil.which("py-spy")
    if found is None:
        raise NothingSeenError("py-spy is not installed: pip install py-spy")
    return found


def fact(thread: Thread, near: Place | None) -> ThreadFact:
    stack = tuple(Place(f.filename, f.line, f.name, is_app(f.filename)) for f in thread.frames)
    state = "holds the GIL" if thread.owns_gil else "on CPU" if thread.active else ""
    return ThreadFact(
        "thread", thread.thread_name or str(thread.thread_id), stack,
        native_id=thread.os_thread_id or 0, own=near is not None and stands_at(stack, near),
        state=state,
    )  # fmt: skip


def is_probe(thread: Thread) -> bool:
    """A thread of the probe's own, by its outermost frame; instruments, in a directory of their
    own, have wrappers that a server in C may call first, but no threads.
    """
    return bool(thread.frames) and _PROBES.search(thread.frames[-1].filename) is not None


def stands_at(stack: Stack, near: Place) -> bool:
    """Its innermost application frame is that function."""
    here = app_place(stack)
    return here is not None and (here.file, here.function) == (near.file, near.function)


def is_app(filename: str) -> bool:
    """As probes tell the project's code from libraries'."""
    return _LIBRARY.search(filename) is None


def owner(pid: int) -> str:
    """Whose process it is, where it is somebody else's; containers often have no name for him."""
    try:
        process = psutil.Process(pid)
        theirs = process.uids().effective
        return "" if theirs == os.geteuid() else process.username()
    except (psutil.Error, KeyError):
        return ""


def why(pid: int, name: str, said: str) -> str:
    """What py-spy says, as cause and remedy."""
    if not psutil.pid_exists(pid):
        return f"{name} has ended"
    if state_of(pid) == psutil.STATUS_TRACING_STOP:
        return f"{name} is held by a debugger: leave it, then ask again"
    if "ermission" in said or "not permitted" in said:
        return f"py-spy may not look into {name}: {remedy(owner(pid))}"
    if "python" in said and ("version" in said or "interpreter" in said or "symbol" in said):
        return f"{name} is no Python process, or one that py-spy does not know"
    first = said.strip().partition("\n")[0].removeprefix("Error: ")
    return f"py-spy failed on {name}: {first[:200]}"


def remedy(who: str = "") -> str:
    """How to get the right: by whose process it is, then by where we are."""
    if sys.platform == "darwin":
        return "start djscope with sudo"
    if who and os.geteuid() != 0:
        return f"start djscope as {who}, whose process it is, or with sudo"
    if Path("/.dockerenv").exists() or os.geteuid() == 0:
        return "give the container the capability SYS_PTRACE (--cap-add=SYS_PTRACE)"
    try:
        scope = int(_YAMA.read_text(encoding="ascii"))
    except (OSError, ValueError):
        scope = 0
    if scope == 1:
        return "start djscope with sudo, or `sudo sysctl kernel.yama.ptrace_scope=0`"
    return "start djscope as the user of that process, or with sudo"
