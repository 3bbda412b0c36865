"""(SQL, site) → shape: the line behind a query, by a walk at first sight and two frames after.

A remembered shape is checked, not trusted: the application frame at its depth must be at the same
line of the same code, reached through the same neighbour. Where a template or a class is the site,
the frame that said so must say the same again.
"""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import NamedTuple

from djscope_probes.groups import Shape
from djscope_probes.instruments.callers import Caller, caller
from djscope_probes.instruments.looking import NO_LINE, Look, Marks, Signed, look, marks
from djscope_probes.signs import TEMPLATE, Key, key_of
from djscope_probes.stacks import outside_of_orm, stack_from

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
    signed: Signed | None

    @property
    def plain(self) -> bool:
        """A line of the application, in the stack that asks."""
        return self.line >= 0 and self.caller is None and self.signed is None


class DeepSight(NamedTuple):
    """Shapes of one SQL text and one stack, told apart by what its signs say: `depths` of those."""

    depths: tuple[int, ...]
    shapes: dict[tuple[Key, ...], Shape]


class Sites:
    """One per armed probe."""

    def __init__(self) -> None:
        self._marks = Marks()
        self._modules = 0
        self._seen: dict[str, tuple[Sight, ...]] = {}
        self._chars = 0
        self._kept: list[CodeType] = []
        self._deep: dict[tuple[object, ...], DeepSight] = {}
        self._kept_deep: list[CodeType] = []

    def know(self) -> None:
        """Code objects by which frames are recognised: anew whenever modules came, since what is
        seen is remembered.
        """
        if len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            self._marks = marks()

    def sight(self, sql: str, above: int) -> Sight:
        """What is seen of a query executed `above` frames out from the caller of this method."""
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
                and (says(sight, base + 1) if sight.line < 0 else frame.f_lineno == sight.line)
                and (sight.caller is None or caller() is sight.caller)
            ):
                return sight
        shape, found, awaiting = self._first_sight(sql, _getframe(base))
        return self._remember(sql, found, awaiting, shape)

    def deep_shape(self, sql: str, above: int) -> Shape:
        """The same, told apart by the whole stack: one helper called from two places is two."""
        hook = _getframe(above + 1)
        frame = hook.f_back
        key: list[object] = [sql, caller()]
        boundaries = self._marks.boundaries
        while frame is not None and id(frame.f_code) not in boundaries:
            key += (id(frame.f_code), frame.f_lasti)
            frame = frame.f_back
        sight = self._deep.get(tuple(key))
        if sight is None:
            sight = self._deep_sight(hook, tuple(key))
        said = self._said(hook, sight.depths) if sight.depths else ()
        shape = sight.shapes.get(said)
        if shape is None:
            if len(sight.shapes) >= MAX_SHAPES_PER_TEXT:
                sight.shapes.clear()
            shape = sight.shapes[said] = self._first_sight(sql, hook)[0]
        return shape

    def _deep_sight(self, hook: FrameType, key: tuple[object, ...]) -> DeepSight:
        self.know()
        if len(self._deep) >= MAX_TEXTS:
            self._deep.clear()
            self._kept_deep.clear()
        depths, depth, frame = [], 1, hook.f_back
        while frame is not None and id(frame.f_code) not in self._marks.boundaries:
            self._kept_deep.append(frame.f_code)
            if id(frame.f_code) in self._marks.signs:
                depths.append(depth)
            depth, frame = depth + 1, frame.f_back
        sight = self._deep[key] = DeepSight(tuple(depths), {})
        return sight

    def _said(self, frame: FrameType | None, depths: tuple[int, ...]) -> tuple[Key, ...]:
        """What the signs say that are so many frames out."""
        said, at = [], 0
        for depth in depths:
            while at < depth and frame is not None:
                at, frame = at + 1, frame.f_back
            sign = self._marks.signs.get(id(frame.f_code)) if frame is not None else None
            if frame is not None and sign is not None:
                said.append(key_of(sign, frame.f_locals))
        return tuple(said)

    def _first_sight(self, sql: str, hook: FrameType) -> tuple[Shape, Look, Caller | None]:
        self.know()
        awaiting = caller()
        found = look(hook, self._marks, awaiting is not None)
        stack = stack_from(hook.f_back, self._marks.boundaries, self._marks.signs)
        if found.site is not None and found.signed is None:
            awaiting = None
        elif awaiting is not None:
            # The query runs where a coroutine sent it.
            stack = [*stack, *awaiting.stack]
            if found.signed is not None and found.signed.sign.line:
                awaiting = None
            else:
                # The line the outermost frame is at says nothing here: it is the executor's loop.
                found = found._replace(site=awaiting.stack[0], signed=None, line=NO_LINE)
        shape = Shape(sql, found.site or outside_of_orm(stack), stack, found.access)
        shape.signed = any(frame.function == TEMPLATE for frame in stack)
        return shape, found, awaiting

    def _remember(self, sql: str, found: Look, awaiting: Caller | None, shape: Shape) -> Sight:
        self._chars += len(sql)
        if len(self._seen) >= MAX_TEXTS or len(self._kept) >= MAX_CODES or self._chars > MAX_CHARS:
            self._seen.clear()
            self._kept.clear()
            self._chars = len(sql)
        near, code = found.near.f_code, found.frame.f_code
        self._kept += (near, code)
        sight = Sight(found.depth, id(near), id(code), found.line, awaiting, shape, found.signed)
        known = self._seen.get(sql, ())
        if len(known) < MAX_SHAPES_PER_TEXT:
            self._seen[sql] = (*known, sight)
        return sight


def says(sight: Sight, base: int) -> bool:
    """Whether the frame that is a sign is there and says the same; no sign says nothing else."""
    signed = sight.signed
    if signed is None:
        return True
    try:
        frame = _getframe(base + signed.depth)
    except ValueError:
        return False
    return id(frame.f_code) == signed.code and key_of(signed.sign, frame.f_locals) == signed.key
