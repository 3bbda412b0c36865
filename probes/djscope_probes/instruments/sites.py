"""(SQL, site) → shape: the line behind a query, by a walk at first sight and two frames after.

A remembered shape is checked, not trusted: the application frame at its depth must be at the same
line of the same code, reached through the same neighbour.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import NamedTuple

from djscope_probes.groups import Shape
from djscope_probes.instruments.callers import Caller, caller
from djscope_probes.stacks import is_app, site_of, stack_from

MAX_TEXTS = 2_000
MAX_SHAPES_PER_TEXT = 50
# Texts can be long, with literals in them: all that are remembered together, in characters.
MAX_CHARS = 2_000_000
MAX_CODES = 10_000
_getframe = sys._getframe


class Sight(NamedTuple):
    """How to recognise a shape: `depth` frames out from the query hook, ids of code objects."""

    depth: int
    near: int
    code: int
    line: int
    caller: Caller | None
    shape: Shape


class Sites:
    """One per armed probe."""

    def __init__(self) -> None:
        self._access: dict[int, str] = {}
        self._boundaries: frozenset[int] = frozenset()
        self._seen: dict[str, tuple[Sight, ...]] = {}
        self._chars = 0
        self._kept: list[CodeType] = []
        self._deep: dict[tuple[object, ...], Shape] = {}
        self._kept_deep: list[CodeType] = []

    def know(self, access: dict[int, str], boundaries: frozenset[int]) -> None:
        """Code objects by which frames are recognised, see `landmarks`."""
        self._access, self._boundaries = access, boundaries

    def shape(self, sql: str, above: int) -> Shape:
        """The shape of a query executed `above` frames out from the caller of this method."""
        base = above + 1
        for sight in self._seen.get(sql, ()):
            try:
                near = _getframe(base + sight.depth - 1)
            except ValueError:
                continue
            frame = near.f_back
            if (
                frame is not None
                and id(near.f_code) == sight.near
                and id(frame.f_code) == sight.code
                and (sight.line < 0 or frame.f_lineno == sight.line)
                and (sight.caller is None or caller() is sight.caller)
            ):
                return sight.shape
        return self._first_sight(sql, _getframe(base))

    def deep_shape(self, sql: str, above: int) -> Shape:
        """The same, told apart by the whole stack: one helper called from two places is two."""
        start = frame = _getframe(above + 1).f_back
        key: list[object] = [sql, caller()]
        while frame is not None and id(frame.f_code) not in self._boundaries:
            key += (id(frame.f_code), frame.f_lineno)
            frame = frame.f_back
        shape = self._deep.get(tuple(key))
        return shape or self._deep_sight(sql, start, tuple(key))

    def _deep_sight(self, sql: str, start: FrameType | None, key: tuple[object, ...]) -> Shape:
        stack = stack_from(start, self._boundaries)
        awaiting = caller()
        if awaiting is not None and not any(frame.app for frame in stack):
            stack = [*stack, *awaiting.stack]
        if len(self._deep) >= MAX_TEXTS:
            self._deep.clear()
            self._kept_deep.clear()
        frame = start
        while frame is not None:
            self._kept_deep.append(frame.f_code)
            frame = frame.f_back
        shape = self._deep[key] = Shape(sql, site_of(stack), stack, self._asked(start))
        return shape

    def _asked(self, frame: FrameType | None) -> str:
        """How the application asked: the outermost access between the query and its line."""
        access = ""
        while frame is not None and not is_app(frame.f_code):
            access = self._access.get(id(frame.f_code), access)
            frame = frame.f_back
        return access

    def _first_sight(self, sql: str, frame: FrameType) -> Shape:
        access = ""
        near, walk, depth = frame, frame.f_back, 1
        start = walk
        while walk is not None:
            code = walk.f_code
            access = self._access.get(id(code), access)
            if is_app(code):
                break
            if id(code) in self._boundaries or walk.f_back is None:
                return self._no_app_frame(sql, start, near, walk, depth, access)
            near, walk, depth = walk, walk.f_back, depth + 1
        assert walk is not None
        stack = stack_from(start, self._boundaries)
        shape = Shape(sql, site_of(stack), stack, access)
        self._remember(sql, near, walk, walk.f_lineno, depth, None, shape)
        return shape

    def _no_app_frame(
        self, sql: str, start: FrameType | None, near: FrameType, last: FrameType, depth: int,
        access: str,
    ) -> Shape:  # fmt: skip
        """The query runs where a coroutine sent it, or for a library alone."""
        awaiting = caller()
        stack = stack_from(start, self._boundaries)
        if awaiting is not None:
            stack = [*stack, *awaiting.stack]
        shape = Shape(sql, site_of(stack), stack, access)
        # The line the outermost frame is at says nothing here (-1): it is the executor's loop.
        self._remember(sql, near, last, -1 if awaiting else last.f_lineno, depth, awaiting, shape)
        return shape

    def _remember(
        self, sql: str, near: FrameType, frame: FrameType, line: int, depth: int,
        awaiting: Caller | None, shape: Shape,
    ) -> None:  # fmt: skip
        self._chars += len(sql)
        if len(self._seen) >= MAX_TEXTS or len(self._kept) >= MAX_CODES or self._chars > MAX_CHARS:
            self._seen.clear()
            self._kept.clear()
            self._chars = len(sql)
        self._kept += (near.f_code, frame.f_code)
        sight = Sight(depth, id(near.f_code), id(frame.f_code), line, awaiting, shape)
        known = self._seen.get(sql, ())
        if len(known) < MAX_SHAPES_PER_TEXT:
            self._seen[sql] = (*known, sight)
