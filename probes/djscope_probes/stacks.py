"""Frames, cheaply: which line of the application is behind this call?

Everything is keyed by `id(code)`, with the code kept alive: hashing a code object reads its whole
bytecode (up to 78 µs on CPython 3.13).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import CodeType, FrameType, MappingProxyType, TracebackType
from typing import Any

from djscope_probes.ownership import OUR_FILES, is_app_file
from djscope_probes.signs import TEMPLATE, Sign, told
from djscope_probes.wire import TEXT_BYTES, StackFrame

MAX_FRAMES = 120
# A host may compile code all the time: rules, templates.
MAX_CODES = 8_000
_app: dict[int, tuple[CodeType, bool]] = {}


def forget() -> None:
    """What is the project's was settled anew."""
    _app.clear()


def is_app(code: CodeType) -> bool:
    """Whether code is the project's, remembered."""
    known = _app.get(id(code))
    if known is None:
        if len(_app) >= MAX_CODES:
            _app.clear()
        known = _app[id(code)] = (code, is_app_file(code.co_filename))
    return known[1]


def frame_of(frame: FrameType, line: int) -> StackFrame:
    """One line of a stack; the qualified name where the interpreter has it (3.11 on)."""
    code = frame.f_code
    file, app = code.co_filename, is_app(code)
    if "__jinja_template__" in frame.f_globals:
        return StackFrame(file, template_line(frame.f_globals, line), TEMPLATE, app)
    return StackFrame(file, line, getattr(code, "co_qualname", code.co_name), app)


def template_line(namespace: Mapping[str, Any], line: int) -> int:
    """A line of a Jinja2 template by that of the Python it was compiled to.

    Its file is `co_filename`; `debug_info` (`"1=8&3=12"`) pairs lines, ascending (Jinja2 3.1,
    `Template.get_corresponding_lineno`).
    """
    found = 1
    for pair in str(namespace.get("debug_info") or "").split("&"):
        theirs, sign, ours = pair.partition("=")
        if not sign or int(ours) > line:
            break
        found = int(theirs)
    return found


def stack_from(
    frame: FrameType | None,
    until: frozenset[int] = frozenset(),
    signs: Mapping[int, Sign] = MappingProxyType({}),
) -> list[StackFrame]:
    """The stack from `frame` outwards, innermost first, without our own frames.

    Ends at a code object in `until` (by id): what lies beyond is the server's business. Frames in
    `signs` stand as what they are a sign of, once for several frames.
    """
    found: list[StackFrame] = []
    last: StackFrame | None = None
    while frame is not None and len(found) < MAX_FRAMES:
        code = frame.f_code
        if id(code) in until:
            break
        if not code.co_filename.startswith(OUR_FILES):
            sign = signs.get(id(code))
            named = told(sign, frame.f_locals) if sign is not None else None
            if named is None or named.frame == last:
                found.append(frame_of(frame, frame.f_lineno))
            else:
                last = named.frame
                found.append(last)
        frame = frame.f_back
    return clip(found)


def stack_of_traceback(trace: TracebackType | None) -> list[StackFrame]:
    """Where an exception came from, innermost first."""
    found: list[StackFrame] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if not code.co_filename.startswith(OUR_FILES):
            found.append(frame_of(trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return clip(found[::-1][:MAX_FRAMES])


def clip(frames: list[StackFrame]) -> list[StackFrame]:
    """At most `TEXT_BYTES` of a stack; library frames far from the cause go first."""
    size = sum(len(frame.file) + len(frame.function) + 20 for frame in frames)
    for index in range(len(frames) - 1, -1, -1):
        if size <= TEXT_BYTES:
            break
        if not frames[index].app:
            size -= len(frames[index].file) + len(frames[index].function) + 20
            del frames[index]
    return frames


def site_of(frames: list[StackFrame]) -> StackFrame | None:
    """The application line that did it, else the innermost line outside Django's database code."""
    return next((frame for frame in frames if frame.app), None) or outside_of_orm(frames)


def outside_of_orm(frames: list[StackFrame]) -> StackFrame | None:
    """The innermost line outside Django's database code."""
    others = (frame for frame in frames if "/django/db/" not in frame.file)
    return next(others, frames[0] if frames else None)
