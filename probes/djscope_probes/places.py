"""Where a wrapper stands in the host: an attribute, a cell of a closure, an item of a list.

What the host may let go of, a handler with all its middleware, is held weakly here.
"""

from __future__ import annotations

import weakref
from types import FunctionType
from typing import Any, Protocol


class Place(Protocol):
    """`key` tells places apart as long as `there`; `put` replaces `old` if it `holds` that."""

    @property
    def key(self) -> tuple[int, str]: ...
    @property
    def label(self) -> str: ...
    @property
    def there(self) -> bool: ...
    def get(self) -> Any: ...
    def holds(self, it: Any) -> bool: ...
    def put(self, old: Any, new: Any) -> None: ...


class Attribute:
    """Of a class or a module."""

    __slots__ = ("name", "owner")
    there = True

    def __init__(self, owner: Any, name: str) -> None:
        self.owner = owner
        self.name = name

    @property
    def key(self) -> tuple[int, str]:
        return id(self.owner), self.name

    @property
    def label(self) -> str:
        return f"{getattr(self.owner, '__name__', self.owner)}.{self.name}"

    def get(self) -> Any:
        # Through __dict__: getattr would find an inherited attribute or a bound descriptor.
        return self.owner.__dict__.get(self.name)

    def holds(self, it: Any) -> bool:
        return self.get() is it

    def put(self, old: Any, new: Any) -> None:
        if self.holds(old):
            setattr(self.owner, self.name, new)


class Cell:
    """Of a function's closure, by the variable's name; writing it is atomic."""

    __slots__ = ("_function", "key", "label")

    def __init__(self, function: FunctionType, name: str, label: str) -> None:
        self._function = weakref.ref(function)
        self.key = (id(function), name)
        self.label = label

    @property
    def there(self) -> bool:
        return self._function() is not None

    def get(self) -> Any:
        function = self._function()
        return None if function is None else cell_of(function, self.key[1]).cell_contents

    def holds(self, it: Any) -> bool:
        return self.get() is it

    def put(self, old: Any, new: Any) -> None:
        function = self._function()
        if function is not None and self.holds(old):
            cell_of(function, self.key[1]).cell_contents = new


class Item:
    """Of a list that is an attribute of an object. Replaced in place by what `is` there: others may
    walk the list at the time, so that its length and order never change.
    """

    __slots__ = ("_attribute", "_index", "_owner", "key", "label")

    def __init__(self, owner: Any, attribute: str, index: int, label: str) -> None:
        self._owner = weakref.ref(owner)
        self._attribute = attribute
        self._index = index
        self.key = (id(self._items()), f"{attribute}[{index}]")
        self.label = label

    @property
    def there(self) -> bool:
        """A list built anew is another one."""
        return id(self._items()) == self.key[0]

    def get(self) -> Any:
        items = self._items()
        return items[self._index] if self._index < len(items) else None

    def holds(self, it: Any) -> bool:
        return any(item is it for item in self._items())

    def put(self, old: Any, new: Any) -> None:
        items = self._items()
        for index, item in enumerate(items):
            if item is old:
                items[index] = new
                return

    def _items(self) -> list[Any]:
        owner = self._owner()
        return [] if owner is None else owner.__dict__.get(self._attribute) or []


def cell_of(function: FunctionType, name: str) -> Any:
    """The cell of a free variable."""
    return (function.__closure__ or ())[function.__code__.co_freevars.index(name)]
