"""Bodies of responses: how large, who made a large one in memory, and how one is streamed.

Hooks (Django 4.2 to 6.1): the setter of `HttpResponse.content`, `HttpResponse.write` (what CSV
writers call), `StreamingHttpResponse.__iter__` and `__aiter__`, which servers call alone;
middlewares go through `streaming_content`. `note` is called with each response that is ready. A
file that the server sends by itself (`wsgi.file_wrapper`) is as long as its Content-Length says.

A sync iterator under ASGI is read to its end by Django before the first byte is sent, with a
warning at the line that asks for it. No frame of ours may stand there, so chunks of such a one are
counted where they are made. (Async iterators under WSGI warn at our line, from Django 5.1 on.)
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from types import FrameType
from typing import Any

from djscope_probes import landmarks, payloads
from djscope_probes.guard import Guard
from djscope_probes.patching import Function, Patch, Patches, Property, disguised
from djscope_probes.payloads import Payload, announced
from djscope_probes.units import RequestUnit, current
from djscope_probes.wire import StackFrame

# Who made less than this is not worth a walk along the stack.
EARNED = 256 * 1024
_getframe = sys._getframe


class Responses:
    """Wraps them for the payloads instrument; `stack` says who asks."""

    def __init__(self, guard: Guard, stack: Callable[[FrameType], list[StackFrame]]) -> None:
        self._guard = guard
        self._stack = stack

    def reach(self, patches: Patches) -> None:
        module = landmarks.loaded("django.http.response")
        if module is not None:
            patches.wrap(module.HttpResponse, "content", self._content)
            patches.wrap(module.HttpResponse, "write", self._write)
            patches.wrap(module.StreamingHttpResponse, "__iter__", self._iterate)
            patches.wrap(module.StreamingHttpResponse, "__aiter__", self._iterate_async)

    def _content(self, original: Any, patch: Patch) -> Any:
        fill, failed = original.fset, self._guard.failed

        def content(response: Any, value: Any) -> None:
            fill(response, value)
            if patch.on:
                try:
                    if len(response._container[0]) >= EARNED:
                        self._built(_getframe(1))
                except Exception:
                    failed()

        setter = disguised(content, fill)
        return Property(original.fget, setter, original.fdel, original.__doc__)

    def _write(self, original: Function, patch: Patch) -> Function:
        failed = self._guard.failed

        def write(response: Any, content: Any) -> Any:
            result = original(response, content)
            if patch.on:
                try:
                    parts = response._container
                    # Looked at when their number has doubled: many small ones cost next to nothing.
                    if not len(parts) & (len(parts) - 1) and sum(map(len, parts)) >= EARNED:
                        self._built(_getframe(1))
                except Exception:
                    failed()
            return result

        return write

    def _built(self, frame: FrameType) -> None:
        unit = current()
        if type(unit) is RequestUnit:
            payload = payloads.of(unit)
            if not payload.builder:
                payload.builder = self._stack(frame)

    def _iterate(self, original: Function, patch: Patch) -> Function:
        def __iter__(response: Any) -> Any:  # noqa: N807
            parts = original(response)
            return self._counting(parts) if patch.on else parts

        return __iter__

    def _counting(self, parts: Any) -> Any:
        try:
            payload = streamed_now()
            return parts if payload is None else counted(parts, payload, self._guard)
        except Exception:
            self._guard.failed()
            return parts

    def _iterate_async(self, original: Function, patch: Patch) -> Function:
        def __aiter__(response: Any) -> Any:  # noqa: N807
            parts = self._counting_async(response, original) if patch.on else None
            return original(response) if parts is None else parts

        return __aiter__

    def _counting_async(self, response: Any, original: Function) -> Any:
        """None where nothing is to be counted, or is where it is made."""
        try:
            payload = streamed_now()
            if payload is None:
                return None
            if response.is_async:
                return counted_async(original(response), payload, self._guard)
            if not payload.eager:
                payload.eager = True
                response._iterator = counted(response._iterator, payload, self._guard, size_of)
            return None
        except Exception:
            self._guard.failed()
            return None


def streamed_now() -> Payload | None:
    """Of a response that is ready and is sent now; what a view iterates over is another one."""
    unit = current()
    return unit.payload if type(unit) is RequestUnit and unit.responded_ns else None


def counted(
    parts: Any, payload: Payload, guard: Guard, size: Callable[[Any], int] = len
) -> Iterator[Any]:
    """`parts`, as they come."""
    for part in parts:
        try:
            payload.count(size(part))
        except Exception:
            guard.failed()
        yield part
    payload.complete = True


async def counted_async(parts: Any, payload: Payload, guard: Guard) -> AsyncIterator[Any]:
    """The same, and closed with what it iterates over."""
    try:
        async for part in parts:
            try:
                payload.count(len(part))
            except Exception:
                guard.failed()
            yield part
        payload.complete = True
    finally:
        await parts.aclose()


def size_of(part: Any) -> int:
    """Bytes of a part that Django has not encoded yet; of other text than ASCII at least those."""
    kind = type(part)
    if kind is memoryview:
        return int(part.nbytes)
    return len(part) if bytes in kind.__mro__ or str in kind.__mro__ else 0


def note(unit: RequestUnit, request: Any, response: Any) -> None:
    """A response is ready: its size, or that it will be streamed."""
    payload = unit.payload
    if payload is None:
        payload = unit.payload = Payload()
    if payload.announced < 0 and "CONTENT_LENGTH" in request.META:
        payload.announced = announced(request.META)
    if response.streaming:
        note_streamed(payload, request, response)
        return
    parts = response.__dict__.get("_container")
    if type(parts) is list:
        payload.sent = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))


def note_streamed(payload: Payload, request: Any, response: Any) -> None:
    """What is sent will be counted, unless the server sends a file by itself."""
    payload.streamed, payload.sent = True, 0
    if "wsgi.file_wrapper" in request.META and response.__dict__.get("file_to_stream") is not None:
        payload.handed = True
        length = response.headers.get("Content-Length", "")
        payload.sent = int(length) if length.isdecimal() else -1
