"""The line of a class statement, where Python does not know it (before 3.13).

Runs in the probe's thread alone: it reads files.
"""

from __future__ import annotations

import re

from djscope_probes.sources import text_of
from djscope_probes.wire import StackFrame

MAX_KNOWN = 2_000
_STATEMENT = re.compile(r"^([ \t]*)class[ \t]+(\w+)", re.MULTILINE)
_known: dict[tuple[str, str], int] = {}


def with_line(frame: StackFrame) -> StackFrame:
    """A class's frame with the line of its statement, if the source has one such class."""
    kind, _, name = frame.function.partition(" ")
    if frame.line or not frame.file or kind not in ("class", "field"):
        return frame
    key = (frame.file, frame.function)
    line = _known.get(key)
    if line is None:
        if len(_known) >= MAX_KNOWN:
            return frame  # ids must not change: what was told without a line stays so
        line = _known[key] = line_of_class(text_of(frame.file), name)
    return frame._replace(line=line) if line else frame


def line_of_class(source: str, name: str) -> int:
    """The line of `class Name`, of `Outer.Inner`, or of the class in `Name.field`.

    0 if there is none, or more than one at that depth.
    """
    first, _, rest = name.partition(".")
    found = [match for match in _STATEMENT.finditer(source) if match[2] == first]
    outermost = min((len(match[1]) for match in found), default=0)
    found = [match for match in found if len(match[1]) == outermost]
    if len(found) != 1:
        return 0
    match = found[0]
    line = source.count("\n", 0, match.start()) + 1
    if not rest:
        return line
    body = body_of(source[match.end() :], match[1])
    inner = line_of_class(body, rest)
    return line + inner - 1 if inner else line


def body_of(source: str, indent: str) -> str:
    """What follows a statement up to the next that is not deeper; comments are passed over."""
    deeper = re.compile(rf"^(?!{indent}[ \t]+|[ \t]*$|[ \t]*#|[ \t]*[\])}}])", re.MULTILINE)
    end = deeper.search(source, source.find("\n") + 1)
    return source[: end.start()] if end else source
