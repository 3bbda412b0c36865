"""What a test may leave behind by mistake: a patch, a thread, a child process, a variable."""

from __future__ import annotations

import _thread
import gc
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psutil

import djscope_probes
from tests.real.projects.targets import codes, connected, found

# Far above what ending takes: only what does not end is waited for so long.
GRACE_S = 10.0
# pytest's own: the name of the running test.
EXPECTED_VARIABLES = frozenset({"PYTEST_CURRENT_TEST"})
_PROBE = djscope_probes.__file__.rpartition("/")[0] + "/"


@dataclass(frozen=True)
class Traces:
    """What there is at one moment. Servers that outlive a test are there before and after it."""

    patches: frozenset[str]
    threads: int
    children: frozenset[tuple[int, float]]
    variables: Mapping[str, str]


def traces() -> Traces:
    """What there is now."""
    return Traces(patches(), _thread._count(), children(), dict(os.environ))


def patches() -> frozenset[str]:
    """Attributes that hold a function of the probe's, and receivers of the probe's."""
    held = {label for label, function in found().items() if is_ours(function)}
    return frozenset(held | set(connected()))


def is_ours(function: Any) -> bool:
    """By its code: a wrapper is disguised in all else."""
    return any(code.co_filename.startswith(_PROBE) for code in codes(function))


def children() -> frozenset[tuple[int, float]]:
    """Direct children that are alive, by pid and start."""
    alive = []
    for child in psutil.Process().children():
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                alive.append((child.pid, child.create_time()))
        except psutil.NoSuchProcess:
            continue
    return frozenset(alive)


def leaks(before: Traces, after: Traces) -> list[str]:
    """What `after` has and `before` had not, a sentence each."""
    grown = [f"patch: {label}" for label in sorted(after.patches - before.patches)]
    if after.threads > before.threads:
        grown.append(f"threads: {after.threads - before.threads} more than before")
    grown += [f"child process: {pid}" for pid, _ in sorted(after.children - before.children)]
    names = {*before.variables, *after.variables} - EXPECTED_VARIABLES
    changed = (name for name in names if before.variables.get(name) != after.variables.get(name))
    return grown + [f"environment variable: {name}" for name in sorted(changed)]


def leaks_since(before: Traces, grace_s: float = GRACE_S) -> list[str]:
    """What is still there after a while: threads and processes may be on their way out; those of
    asgiref's executors end when these are collected.
    """
    deadline = time.monotonic() + grace_s
    while (left := leaks(before, traces())) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.02)
    return left
