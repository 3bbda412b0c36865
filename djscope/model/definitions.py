"""What ids stand for. Events may arrive before the definitions they use."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field

from djscope.feed import shapes


@dataclass(frozen=True, slots=True)
class Place:
    """One line of source in some process; of Python, of a template, or of a class statement.

    `function` is a class (`class BookAdmin`) or a field of one (`field BookType.author`) where no
    line of the application's ran; line 0 where the statement was not found. No file: a name is all
    there is.
    `digest` is of the file as that process has it. Two processes may have the same place with
    different digests: it is the same place.
    """

    file: str
    line: int
    function: str
    app: bool = True
    digest: str = field(default="", compare=False)

    @property
    def short(self) -> str:
        """`shop/views.py:31`: the last two parts of the path are what people recognise.

        A class is recognised by its name: `BookAdmin (shop/admin.py:12)`.
        """
        head, name = posixpath.split(self.file)
        tail = posixpath.join(posixpath.basename(head), name)
        place = f"{tail}:{self.line}" if self.line else tail
        if not place or self.is_class:
            what = self.function.removeprefix("class ").removeprefix("field ")
            return f"{what} ({place})" if place else what
        return place

    @property
    def is_class(self) -> bool:
        """A class, or a field of one: its line says where it is defined."""
        return self.function.startswith(("class ", "field "))


@dataclass(frozen=True, slots=True)
class Relation:
    """What lazy loads went through: `path` leads from the origin queryset's `root` model."""

    model: str
    name: str
    path: str
    kind: str
    root: str
    to: str = ""
    back: str = ""

    @property
    def label(self) -> str:
        """`Book.author`: where the attribute is defined."""
        return f"{self.model}.{self.name}"


@dataclass(frozen=True, slots=True)
class Layer:
    """What requests of a handler pass through, see `djscope_probes.wire.Layer`."""

    name: str
    hook: str
    mode: str
    can: str
    adapter: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The layers of one handler, outermost first; spans index them."""

    layers: tuple[Layer, ...] = ()


Stack = tuple[Place, ...]
Value = str | Place | Relation | Stack | Chain
NOWHERE = Place("", 0, "", app=False)


class Definitions:
    """id → SQL text, name, place, stack or relation; remembers which ids it was asked in vain."""

    def __init__(self) -> None:
        self.known: dict[str, Value] = {}
        self.missing: set[str] = set()

    def add(self, key: str, value: shapes.Definition) -> None:
        self.known[key] = fact_of(value)
        self.missing.discard(key)

    def want(self, key: str) -> None:
        """Note that `key` is used, so that the feed fetches it."""
        if key and key not in self.known:
            self.missing.add(key)

    def complete(self, *keys: str) -> bool:
        """Whether all of these are known: no verdict on what is not."""
        return all(not key or key in self.known for key in keys)

    def text(self, key: str) -> str:
        """A SQL text or a name; `…` while it is on its way."""
        value = self.known.get(key, "…" if key else "")
        return value if isinstance(value, str) else "…"

    def place(self, key: str) -> Place:
        value = self.known.get(key)
        return value if isinstance(value, Place) else NOWHERE

    def stack(self, key: str) -> Stack:
        """Frames, innermost first."""
        value = self.known.get(key)
        return value if isinstance(value, tuple) else ()

    def relation(self, key: str) -> Relation | None:
        value = self.known.get(key)
        return value if isinstance(value, Relation) else None

    def chain(self, key: str) -> Chain:
        value = self.known.get(key)
        return value if isinstance(value, Chain) else Chain()


def fact_of(value: shapes.Definition) -> Value:
    """A definition off the wire as a fact."""
    if isinstance(value, str):
        return value
    if isinstance(value, shapes.StackFrame):
        return place_of(value)
    if isinstance(value, shapes.Relation):
        return Relation(
            value.model, value.name, value.path, value.kind, value.root, value.to, value.back
        )
    layers = [each for each in value if isinstance(each, shapes.Layer)]
    if layers:
        return Chain(tuple(layer_of(each) for each in layers))
    return tuple(place_of(each) for each in value if isinstance(each, shapes.StackFrame))


def layer_of(layer: shapes.Layer) -> Layer:
    place = place_of(layer.line) if layer.line else None
    return Layer(layer.name, layer.hook, layer.mode, layer.can, layer.adapter, place)


def place_of(frame: shapes.StackFrame) -> Place:
    return Place(frame.file, frame.line, frame.function, frame.app, frame.digest)
