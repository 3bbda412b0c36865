"""`# djscope: ignore[n_plus_one] reason` in a source: which lines it is about, and what of it is
wrong. The kind has to be named and a reason given: who reads the line next wants to know.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from djscope.model.kinds import KINDS
from djscope.model.pysource import parsed, statements

_FORM = re.compile(r"djscope:\s*ignore\b\s*(?:\[([^\]]*)\])?\s*(.*)", re.DOTALL)
_TEMPLATE = re.compile(r"\{#(.*?)#\}")


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment; `lines` are those whose findings it is about."""

    file: str
    line: int
    kinds: frozenset[str]
    reason: str
    lines: frozenset[int]


@dataclass(slots=True)
class Comments:
    """The ignores of one file, and sentences on those that cannot count."""

    ignores: list[Ignore]
    wrong: list[str]


def comments(file: str, text: str) -> Comments:
    """What `text` asks to be ignored."""
    found = Comments([], [])
    if "djscope:" not in text:
        return found
    of_python = file.endswith((".py", ".pyw"))
    for line, comment, about in in_python(text) if of_python else in_template(text):
        match = _FORM.search(comment)
        if match is None:
            continue
        wrong = fault(match)
        if wrong:
            short = "/".join(file.split("/")[-2:])
            found.wrong.append(f"{short}:{line}: {wrong}")
            continue
        kinds = frozenset(name.strip() for name in match[1].split(","))
        found.ignores.append(Ignore(file, line, kinds, " ".join(match[2].split()), about))
    return found


def fault(match: re.Match[str]) -> str:
    """Why a comment does not count; empty if it does."""
    names = [name.strip() for name in (match[1] or "").split(",")]
    if names == [""]:
        return "this ignore names no finding and does not count: write ignore[n_plus_one] reason"
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        return f"this ignore does not count, there is no finding {unknown[0]!r}"
    if not match[2].strip():
        return "this ignore gives no reason and does not count: write it behind the bracket"
    return ""


def in_python(text: str) -> Iterator[tuple[int, str, frozenset[int]]]:
    """(line, comment, lines it is about): those of its statement, or of the one below."""
    spans = statements(parsed(text))
    alone: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            line = token.start[0]
            if token.type != tokenize.COMMENT:
                continue
            if not token.line[: token.start[1]].strip():
                alone[line] = token.string
            else:
                yield line, token.string, frozenset(spans.get(line, range(line, line + 1)))
    except (tokenize.TokenError, SyntaxError):
        return
    for line, comment in alone.items():
        below = line + 1
        while below in alone:
            below += 1
        about = {*spans.get(line, ()), *spans.get(below, range(below, below + 1))}
        yield line, comment, frozenset(about)


def in_template(text: str) -> Iterator[tuple[int, str, frozenset[int]]]:
    """The same of `{# … #}`: its line, or the one below where it stands alone."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _TEMPLATE.finditer(line):
            alone = not (line[: match.start()] + line[match.end() :]).strip()
            yield number, match[1], frozenset({number, number + 1} if alone else {number})
