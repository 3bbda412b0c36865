"""The rights that `doctor --acl` prints are those of the commands in the sources."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import djscope_probes
from djscope.feed.rights import PROBE, VIEWER, acl_line

SOURCES = Path(djscope_probes.__file__).parent
# The password is asked of everybody; a sentinel has users of its own.
WITHOUT_A_RIGHT = {"auth", "sentinel"}


def commands() -> set[str]:
    """First words, in capitals, of tuples and calls in the probe's rooms that speak to Redis."""
    found: set[str] = set()
    for name in ("control", "outbox", "probe", "resp", "room", "route"):
        for node in ast.walk(ast.parse((SOURCES / f"{name}.py").read_text(encoding="utf-8"))):
            words = node.elts if isinstance(node, ast.Tuple) else []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                words = node.args if node.func.attr == "call" else words
            first, second, *_ = [getattr(word, "value", "") for word in words] + ["", ""]
            if is_command(first):
                found.add(f"{first}|{second}" if first == "CLUSTER" else first)
    return {command.lower() for command in found}


def is_command(value: object) -> bool:
    """Capitals only; error codes stand in tuples of their own."""
    from djscope_probes.resp import DENIED, ELSEWHERE

    return isinstance(value, str) and value.isupper() and value not in (*DENIED, *ELSEWHERE)


def test_the_probe_s_rights_are_the_commands_it_sends() -> None:
    """Not one more, not one less."""
    assert commands() - WITHOUT_A_RIGHT == set(PROBE)


@pytest.mark.parametrize("role", ["probe", "viewer"])
def test_no_right_reaches_beyond_our_keys(role: str) -> None:
    """Nothing that lists, reads or ends what is others'; no category of commands."""
    line = acl_line(role)
    wide = {"keys", "scan", "eval", "multi", "config", "flushall", "publish", "client", "cluster"}

    assert "@" not in line
    assert line.split().count("~{djscope}:*") == 1
    assert not wide & (set(PROBE) | set(VIEWER))
