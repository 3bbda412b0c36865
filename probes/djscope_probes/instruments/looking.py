"""The walk outwards from a query, at a first sight: which line, template or class asked for it?"""

from __future__ import annotations

from collections.abc import Mapping
from types import FrameType, MappingProxyType
from typing import NamedTuple

from djscope_probes import landmarks, signs
from djscope_probes.signs import Key, Sign, told
from djscope_probes.stacks import frame_of, is_app
from djscope_probes.wire import StackFrame

NO_LINE = -1


class Marks(NamedTuple):
    """Code objects, by id, by which frames are recognised; see `landmarks` and `signs`.

    `access`: how the application asked. A stack ends at a boundary; beyond a layer nobody asked for
    the query, nor beyond an executor where it is known who awaits it.
    """

    access: Mapping[int, str] = MappingProxyType({})
    boundaries: frozenset[int] = frozenset()
    layers: frozenset[int] = frozenset()
    executors: frozenset[int] = frozenset()
    signs: Mapping[int, Sign] = MappingProxyType({})


class Signed(NamedTuple):
    """A frame that is a sign: `depth` frames out, the id of its code, and what it says."""

    depth: int
    code: int
    sign: Sign
    key: Key


class Look(NamedTuple):
    """Where a walk ended, and what it saw. To be let go of at once: it holds frames.

    `frame`, `depth` frames out, was entered through `near`; `line` is `NO_LINE` where the frame's
    says nothing. `site` is None where neither application nor template nor class was met.
    """

    near: FrameType
    frame: FrameType
    depth: int
    line: int
    access: str
    site: StackFrame | None
    signed: Signed | None


def look(start: FrameType, known: Marks, awaited: bool) -> Look:
    """An application's frame, else a template's line, else the nearest class that is recognised."""
    ends = known.boundaries | known.layers | (known.executors if awaited else frozenset())
    access = ""
    site, signed = None, None
    near, frame, depth = start, start.f_back, 1
    while frame is not None:
        code = frame.f_code
        if access != "prefetch":  # also within an iterator: a batch, not what it is for
            access = known.access.get(id(code), access)
        if is_app(code):
            line = frame.f_lineno
            return Look(near, frame, depth, line, access, frame_of(frame, line), None)
        sign = known.signs.get(id(code))
        if sign is not None and site is None:
            found = told(sign, frame.f_locals)
            if found is not None and found.frame.app:
                site, signed = found.frame, Signed(depth, id(code), sign, found.key)
                if sign.line:
                    return Look(near, frame, depth, NO_LINE, access, site, signed)
        if id(code) in ends or frame.f_back is None:
            break
        near, frame, depth = frame, frame.f_back, depth + 1
    assert frame is not None
    line = frame.f_lineno if signed is None else NO_LINE
    return Look(near, frame, depth, line, access, site, signed)


def marks() -> Marks:
    """What there is to be recognised in this process by now."""
    return Marks(
        landmarks.access(), landmarks.boundaries(), landmarks.layers(), landmarks.executors(),
        signs.known(),
    )  # fmt: skip
