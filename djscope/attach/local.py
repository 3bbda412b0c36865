"""Which processes are on this machine: the same host name, and the pid is still that process."""

from __future__ import annotations

import os

import psutil

from djscope.model.processes import ProcessFact

# A probe starts after its process did; both clocks are this machine's, to the second.
TOLERANCE_S = 2.0


def local(process: ProcessFact) -> psutil.Process | None:
    """The process, if it is here and not another one under a reused pid."""
    if is_elsewhere(process):
        return None
    try:
        found = psutil.Process(process.pid)
        # Containers may share a host name but not its pids: kernel threads have no command.
        same = found.create_time() <= process.started + TOLERANCE_S and bool(found.cmdline())
    except psutil.Error:
        return None
    return found if same else None


def is_elsewhere(process: ProcessFact) -> bool:
    """On another machine, or in a container with a name of its own."""
    return process.host != os.uname().nodename or process.pid <= 0


def why_not(process: ProcessFact) -> str:
    """What is said of one that `local` does not find."""
    if is_elsewhere(process):
        return "the process is not on this machine"
    return "the process has ended (none on this machine has its pid)"


def has_ended(process: ProcessFact) -> bool:
    """It was on this machine, and was killed or has ended."""
    return not is_elsewhere(process) and local(process) is None


def forked(process: ProcessFact) -> list[int]:
    """Pids of its children that run what it runs: it forks them, and no other program is started.

    Empty where the process is not here, or not ours to look at.
    """
    found = local(process)
    if found is None:
        return []
    try:
        command = found.cmdline()
        return [each.pid for each in found.children() if each.cmdline() == command]
    except psutil.Error:  # one ended just now
        return []
