"""Install and remove are symmetric and idempotent."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from djscope_probes.patching import Function, Patch, Patches


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
