"""Install and remove are symmetric and idempotent."""

from __future__ import annotations

import asyncio
import gc
import inspect
import weakref
from typing import Any

import pytest

from djscope_probes.patching import Function, Patch, Patches
from djscope_probes.places import Cell, Item, cell_of


class Host:
    def greet(self, name: str = "you") -> str:
        """Say hello."""
        return f"hello {name}"

    async def wait(self) -> int:
        return 1


def louder(original: Function, patch: Patch) -> Function:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        return result.upper() if patch.on else result

    return wrapper


def test_wrapping_twice_is_wrapping_once() -> None:
    """A second wrap of the same attribute changes nothing."""
    patches = Patches()
    patches.wrap(Host, "greet", louder)
    once = Host.__dict__["greet"]
    patches.wrap(Host, "greet", louder)

    assert Host.__dict__["greet"] is once
    assert Host().greet() == "HELLO YOU"
    patches.restore()


def test_restoring_puts_the_very_original_back() -> None:
    """What was removed `is` the original, however often it is removed."""
    original = Host.__dict__["greet"]
    patches = Patches()
    patches.wrap(Host, "greet", louder)
    patches.restore()
    patches.restore()

    assert Host.__dict__["greet"] is original
    assert patches.count == 0
    assert patches.lost == []


def test_what_goes_on_meanwhile_is_ended_with_the_patches() -> None:
    """A thread, a timer: it counts as something that is in, and ends once."""
    ended: list[int] = []
    patches = Patches()
    patches.until_restored(lambda: ended.append(1))
    assert patches.count == 1
    patches.restore()
    patches.restore()

    assert ended == [1]
    assert patches.count == 0


def test_a_wrapper_looks_like_what_it_wraps() -> None:
    """Name, docstring and signature are the original's."""
    patches = Patches()
    signature = inspect.signature(Host.greet)
    patches.wrap(Host, "greet", louder)

    assert Host.greet.__name__ == "greet"
    assert Host.greet.__qualname__ == "Host.greet"
    assert Host.greet.__doc__ == "Say hello."
    assert inspect.signature(Host.greet) == signature
    patches.restore()


def test_what_somebody_wrapped_over_is_left_and_reported() -> None:
    """Their wrapper stays in place and calls ours, which passes straight through from then on."""
    original = Host.__dict__["greet"]
    patches = Patches()
    patches.wrap(Host, "greet", louder)
    ours = Host.__dict__["greet"]

    def theirs(self: Host, name: str = "you") -> str:
        return f"<{ours(self, name)}>"

    Host.greet = theirs  # type: ignore[method-assign]
    patches.restore()

    assert Host.__dict__["greet"] is theirs
    assert patches.lost == ["Host.greet"]
    assert Host().greet() == "<hello you>"

    patches.wrap(Host, "greet", louder)

    assert Host().greet() == "<HELLO YOU>", "armed again, it is revived, not wrapped a second time"
    patches.restore()
    Host.greet = original  # type: ignore[method-assign]


def test_removal_does_not_break_a_call_in_flight() -> None:
    """A coroutine that began in a wrapper ends in it, after the wrapper is gone."""
    patches = Patches()

    def counted(original: Function, patch: Patch) -> Function:
        async def wait(host: Host) -> Any:
            await asyncio.sleep(0.01)
            return await original(host), patch.on

        return wait

    async def scene() -> tuple[int, bool]:
        patches.wrap(Host, "wait", counted)
        assert inspect.iscoroutinefunction(Host.wait)
        under_way: Any = asyncio.ensure_future(Host().wait())
        await asyncio.sleep(0)
        patches.restore()
        result: tuple[int, bool] = await under_way
        return result

    assert asyncio.run(scene()) == (1, False)


class Signal:
    """As much of Django's and Celery's signals as the registry uses."""

    def __init__(self) -> None:
        self.receivers: dict[str, Function] = {}

    def connect(self, receiver: Function, weak: bool, dispatch_uid: str) -> None:
        self.receivers[dispatch_uid] = receiver

    def disconnect(self, dispatch_uid: str) -> None:
        self.receivers.pop(dispatch_uid, None)


def test_receivers_are_taken_back_too() -> None:
    """Signals end as they began."""
    patches, signal = Patches(), Signal()
    patches.listen(signal, print, "uid")

    assert list(signal.receivers) == ["uid"]

    patches.restore()

    assert signal.receivers == {}


class Chain:
    """Has a list that others walk, and a function with a cell."""

    def __init__(self) -> None:
        self.items: list[Function] = [Equal("a"), Equal("b")]

        def call() -> Any:
            return get_response()

        get_response: Function = lambda: "answer"  # noqa: E731
        self.call = call


class Equal:
    """All are equal to one another."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return True


def test_a_cell_and_its_original_are_back() -> None:
    """The function goes on calling what is in its cell."""
    chain, patches = Chain(), Patches()
    original = cell_of(chain.call, "get_response").cell_contents
    patches.put(Cell(chain.call, "get_response", "cell"), louder)
    patches.put(Cell(chain.call, "get_response", "cell"), louder)

    assert chain.call() == "ANSWER"
    patches.restore()
    assert chain.call() == "answer"
    assert cell_of(chain.call, "get_response").cell_contents is original


def test_items_of_a_list_are_replaced_in_place_by_identity() -> None:
    """Others that are equal stay where they are, also when somebody moved ours."""
    chain, patches = Chain(), Patches()
    items, (first, second) = chain.items, chain.items
    patches.put(Item(chain, "items", 1, "item"), louder)

    assert [item() for item in items] == ["a", "B"]
    items.reverse()
    patches.restore()

    assert chain.items is items
    assert items[0] is second
    assert items[1] is first
    assert patches.lost == []


def test_what_the_host_lets_go_of_is_not_held() -> None:
    """Neither by the registry nor by a wrapper."""
    chain, patches = Chain(), Patches()
    patches.put(Cell(chain.call, "get_response", "cell"), louder)
    patches.put(Item(chain, "items", 0, "item"), louder)
    gone = weakref.ref(chain)
    del chain
    gc.collect()

    assert gone() is None
    assert patches.count == 0
    patches.sweep()
    patches.restore()
    assert patches.lost == []


def test_a_list_that_was_built_anew_is_another_place() -> None:
    """Its items are wrapped, though the old list is still somebody's."""
    chain, patches = Chain(), Patches()
    patches.put(Item(chain, "items", 0, "item"), louder)
    old = chain.items
    chain.items = [Equal("c")]
    patches.put(Item(chain, "items", 0, "item"), louder)

    assert chain.items[0]() == "C"
    assert old[0]() == "A"
    patches.restore()
    assert chain.items[0]() == "c"


def test_a_place_that_is_not_there_is_said() -> None:
    """Another version of Django may lack it."""
    with pytest.raises(LookupError):
        Patches().wrap(Host, "nothing", louder)
