"""What the text of a Python file says about its lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator

CONSUMERS = frozenset(
    {"list", "tuple", "set", "frozenset", "dict", "sorted", "min", "max", "sum", "any", "all"}
)
MAPPING = frozenset({"map", "filter", "starmap"})
Loops = ast.For | ast.AsyncFor | ast.While
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def parsed(text: str) -> ast.Module:
    """An empty module where the text is none."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def statements(tree: ast.Module) -> dict[int, range]:
    """Line → the lines of the statement that it is part of; of a loop, say, only its head."""
    found: dict[int, range] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        last = node.end_lineno or node.lineno
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
            last = max(node.lineno, body[0].lineno - 1)
        span = range(node.lineno, last + 1)
        found.update(dict.fromkeys(span, span))
    return found


def repeats(tree: ast.Module, line: int, column: int) -> bool:
    """Whether what stands there may run several times per call: in a loop or a comprehension, or
    as it is mapped over something.

    `column` -1: anywhere in the line.
    """
    nodes = list(ast.walk(tree))
    if any(covers(part, line, column) for node in nodes for part in repeated_parts(node)):
        return True
    return any(
        isinstance(node, ast.Call) and begins(node, line, column) and maps(node) for node in nodes
    )


def begins(call: ast.Call, line: int, column: int) -> bool:
    return call.lineno == line and column in (-1, call.col_offset)


def maps(call: ast.Call) -> bool:
    """`list(map(f, rows))` and `sorted(rows, key=f)` call f from C, at their own place."""
    if not isinstance(call.func, ast.Name) or call.func.id not in CONSUMERS:
        return False
    return any(keyword.arg == "key" for keyword in call.keywords) or any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Name) and each.func.id in MAPPING
        for each in call.args
    )


def repeated_parts(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, Loops):
        yield from node.body
        if isinstance(node, ast.While):
            yield node.test
    elif isinstance(node, Comprehension):
        yield from (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for number, each in enumerate(node.generators):
            yield from each.ifs
            if number:
                yield each.iter


def covers(node: ast.AST, line: int, column: int) -> bool:
    """Columns count in bytes, as those of instructions do."""
    if not isinstance(node, ast.stmt | ast.expr):
        return False
    first, last = node.lineno, node.end_lineno or node.lineno
    if column < 0:
        return first <= line <= last
    begin, end = (first, node.col_offset), (last, node.end_col_offset or 0)
    return begin <= (line, column) < end
