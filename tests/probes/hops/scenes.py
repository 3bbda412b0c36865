"""What asgiref's adapters can be asked for: each scene comes to the same, watched or not."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, async_to_sync, sync_to_async

VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


class NothingLeftError(Exception):
    """An application's own."""


def double(value: int, *, plus: int = 0) -> int:
    return 2 * value + plus


@sync_to_async
def decorated(value: int) -> int:
    return value + 1


class Shelf:
    """Adapted methods, as class attributes."""

    def __init__(self, size: int) -> None:
        self.size = size

    @sync_to_async
    def room(self, taken: int) -> int:
        return self.size - taken

    @async_to_sync
    async def fill(self, by: int) -> int:
        await asyncio.sleep(0)
        return self.size + by


class Closing(SyncToAsync):  # type: ignore[type-arg]
    """As Channels' DatabaseSyncToAsync: something around each call, in the thread."""

    closed: list[str] = []

    def thread_handler(self, loop: Any, *args: Any, **kwargs: Any) -> Any:
        self.closed.append("before")
        try:
            return super().thread_handler(loop, *args, **kwargs)
        finally:
            self.closed.append("after")


class Counting(SyncToAsync):  # type: ignore[type-arg]
    """Notes on itself what it does."""

    calls = 0

    def thread_handler(self, loop: Any, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        return super().thread_handler(loop, *args, **kwargs)


class Slotted(SyncToAsync):  # type: ignore[type-arg]
    """With memory of its own."""

    __slots__ = ("calls",)

    def thread_handler(self, loop: Any, *args: Any, **kwargs: Any) -> Any:
        self.calls = getattr(self, "calls", 0) + 1
        return super().thread_handler(loop, *args, **kwargs)


async def values() -> object:
    return await sync_to_async(double)(4, plus=1), await decorated(2), await Shelf(9).room(2)


async def partials() -> object:
    return await sync_to_async(functools.partial(double, 3, plus=2))()


async def named_like_ours() -> object:
    """Arguments may have any name."""

    def told(**names: int) -> list[str]:
        return sorted(names)

    return await sync_to_async(told)(flight=1, function=2, hop=3, unit=4)


async def raising() -> object:
    def fail() -> None:
        raise NothingLeftError("none")

    try:
        await sync_to_async(fail)()
    except NothingLeftError as error:
        return type(error).__name__, error.args, error.__cause__, error.__context__
    return None


async def stopping() -> object:
    """StopIteration cannot pass a future: before CPython 3.12 who awaits it waits for good."""
    patience = 30 if sys.version_info >= (3, 12) else 0.1

    def stop() -> None:
        next(iter(()))

    try:
        return await asyncio.wait_for(sync_to_async(stop)(), patience)
    except Exception as error:
        return type(error).__name__, str(error)


async def in_an_except_block() -> object:
    """asgiref raises what is being handled anew in the thread."""
    try:
        raise NothingLeftError
    except NothingLeftError:
        return await sync_to_async(lambda: sys.exc_info()[0])()


async def variables() -> object:
    """Set in the thread, seen by who awaited it; set before, seen in the thread."""
    VARIABLE.set("before")

    def change() -> str:
        seen = VARIABLE.get()
        VARIABLE.set("within")
        return seen

    return await sync_to_async(change)(), VARIABLE.get()


async def variables_back_and_forth() -> object:
    async def inner() -> str:
        seen = VARIABLE.get()
        VARIABLE.set("inner")
        return seen

    def middle() -> tuple[str, str]:
        VARIABLE.set("middle")
        return async_to_sync(inner)(), VARIABLE.get()

    return await sync_to_async(middle)(), VARIABLE.get()


async def same_thread() -> object:
    """Thread-sensitive calls of one request share a thread; the others need not be there."""
    async with ThreadSensitiveContext():
        threads = {await sync_to_async(threading.get_ident)() for _ in range(5)}
        nested = await sync_to_async(
            lambda: (threading.get_ident(), async_to_sync(sync_to_async(threading.get_ident))())
        )()
    return len(threads), nested[0] == nested[1], set(nested) == threads


async def own_executor() -> object:
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as pool:
        return await sync_to_async(
            lambda: threading.current_thread().name, thread_sensitive=False, executor=pool
        )()


async def gathered() -> object:
    return await asyncio.gather(*(sync_to_async(double)(n) for n in range(20)))


async def cancelled_before_it_began() -> object:
    """The thread is taken: what waits behind it never runs."""
    ran: list[str] = []
    free, taken = threading.Event(), threading.Event()

    def hold() -> None:
        taken.set()
        free.wait(30)

    async with ThreadSensitiveContext():
        first = asyncio.ensure_future(sync_to_async(hold)())
        await asyncio.to_thread(taken.wait, 30)
        second = asyncio.ensure_future(sync_to_async(ran.append)("second"))
        await asyncio.sleep(0.05)
        second.cancel()
        outcome = await asyncio.gather(second, return_exceptions=True)
        free.set()
        await first
    return [type(each).__name__ for each in outcome], ran


async def cancelled_while_it_ran() -> object:
    """A thread cannot be stopped: its end is awaited, and the value comes."""
    taken, free = threading.Event(), threading.Event()

    def hold() -> str:
        taken.set()
        free.wait(30)
        return "value"

    task = asyncio.ensure_future(sync_to_async(hold)())
    await asyncio.to_thread(taken.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    free.set()
    outcome = await asyncio.gather(task, return_exceptions=True)
    return [each if isinstance(each, str) else type(each).__name__ for each in outcome]


async def subclasses() -> object:
    Closing.closed = []
    closing = Closing(double)
    slotted = Slotted(double)
    counting = Counting(double)
    found = [await each(n) for each in (closing, slotted, counting) for n in range(3)]
    return found, Closing.closed, slotted.calls, counting.calls


async def nested_loop() -> object:
    """A thread without a loop makes one of its own."""
    return await sync_to_async(lambda: Shelf(3).fill(4), thread_sensitive=False)()


async def forbidden() -> object:
    """`async_to_sync` where a loop runs."""

    async def nothing() -> None:
        """Never awaited."""

    try:
        async_to_sync(nothing)()
    except RuntimeError as error:
        return str(error)
    return None


async def wrong_arguments() -> object:
    found = []
    for call in (sync_to_async(double), sync_to_async(async_to_sync(asyncio.sleep))):
        try:
            await call(1, 2, 3, 4)  # type: ignore[call-arg, arg-type]
        except TypeError as error:
            found.append(str(error))
    return found


async def generators() -> object:
    """Rows are drawn in a thread, one by one."""

    def rows() -> Iterator[int]:
        yield from range(3)

    drawn, source = [], rows()
    while (row := await sync_to_async(next)(source, None)) is not None:
        drawn.append(row)
    return drawn


SCENES: dict[str, Callable[[], Awaitable[object]]] = {
    each.__name__: each
    for each in (
        values, partials, named_like_ours, raising, stopping, in_an_except_block, variables,
        variables_back_and_forth, same_thread, own_executor, gathered, cancelled_before_it_began,
        cancelled_while_it_ran, subclasses, nested_loop, forbidden, wrong_arguments, generators,
    )
}  # fmt: skip
