"""What may run several times per call."""

from __future__ import annotations

import ast

import pytest

from djscope.model.pysource import parsed, repeats

SOURCE = """
def test(rows):
    a()
    for x in b():
        c()
    while d():
        e()
    [f(x) for x in g() if h(x) for y in i(x)]
    {j(): k() for x in m()}
    list(map(o, rows))
    return n()
"""
ONCE, OFTEN = "abgmn", "cdefhijk"


@pytest.mark.parametrize("name", [*ONCE, *OFTEN])
def test_calls_in_loops_are_told(name: str) -> None:
    """Bodies, conditions and elements repeat; what is looped over is made once."""
    tree = parsed(SOURCE)
    call = next(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    )

    assert repeats(tree, call.lineno, call.col_offset) is (name in OFTEN)


def test_without_a_column_the_line_decides() -> None:
    """Python 3.10, and coroutines that are awaited elsewhere."""
    tree = parsed(SOURCE)

    assert [repeats(tree, line, -1) for line in (3, 4, 5, 8, 11)] == [
        False, False, True, True, False,
    ]  # fmt: skip


def test_what_is_mapped_repeats() -> None:
    """C calls it, while the frame stands at the call around."""
    tree = parsed(SOURCE)

    assert repeats(tree, 10, 4)
    assert not repeats(tree, 11, 4)
    assert repeats(parsed("sorted(rows, key=f)"), 1, 0)
    assert not repeats(parsed("sorted(f())"), 1, 7)
    assert not repeats(parsed("f(list(map(str, rows)))"), 1, 0)


def test_what_is_no_python_has_no_loops() -> None:
    """A syntax error of another version, say."""
    assert not repeats(parsed("for x in:"), 1, 0)
