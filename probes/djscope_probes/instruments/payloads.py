"""Bodies of requests: who read how much of one, and what of that is in memory.

Hooks, all looked up at each call (Django 4.2 to 6.1): `HttpRequest.body`, `read`, `readline` (which
iterating calls, too) and `readlines`; `_load_post_and_files` is POST and FILES, `MultiPartParser.
parse` also what Django REST framework's parser calls. The outermost of those that are under way
says how; bytes are counted in `read` and `readline` alone, by what they return. A body that is
there already (`_body`) is not read once more. `responses` has the other half.

Not seen: what reads `environ["wsgi.input"]` by itself, and what of read chunks the application
keeps. Under ASGI Django has received the whole body before anything here happens, in memory up to
FILE_UPLOAD_MAX_MEMORY_SIZE and on disk above: that copy is not counted, what is read of it is.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

from djscope_probes import landmarks, payloads, signs
from djscope_probes.guard import Guard
from djscope_probes.instruments.callers import caller
from djscope_probes.instruments.responses import Responses
from djscope_probes.ledger import Ledger
from djscope_probes.patching import Function, Patch, Patches, Property, disguised
from djscope_probes.payloads import Payload, announced
from djscope_probes.stacks import stack_from
from djscope_probes.units import RequestUnit, current
from djscope_probes.wire import StackFrame

# Of less than this who read it is not worth a walk along the stack.
EARNED = 64 * 1024
_getframe = sys._getframe


class PayloadsInstrument:
    """Books bodies on request units; never copies, reads or keeps one."""

    def __init__(self) -> None:
        self.guard = Guard("payloads")
        self.patches = Patches()
        self._responses = Responses(self.guard, self.stack)
        self._signs: dict[int, signs.Sign] = {}
        # Beyond a middleware or the view nobody asked for it, nor beyond the executor.
        self._ends: frozenset[int] = frozenset()
        self._awaited: frozenset[int] = frozenset()

    def arm(self, ledger: Ledger) -> None:
        """Books on the current unit."""

    def reach(self) -> None:
        self._ends = landmarks.boundaries() | landmarks.layers()
        self._awaited = self._ends | landmarks.executors()
        self._signs = signs.known()
        request = landmarks.loaded("django.http.request")
        parser = landmarks.loaded("django.http.multipartparser")
        if request is not None:
            self.patches.wrap(request.HttpRequest, "body", self._body)
            self.patches.wrap(request.HttpRequest, "read", self._read)
            self.patches.wrap(request.HttpRequest, "readline", self._read)
            self.patches.wrap(request.HttpRequest, "readlines", self._lines)
            self.patches.wrap(request.HttpRequest, "_load_post_and_files", self._load)
        if parser is not None:
            self.patches.wrap(parser.MultiPartParser, "parse", self._parse)
        self._responses.reach(self.patches)

    def stack(self, frame: FrameType) -> list[StackFrame]:
        """Who asks, innermost first, up to the middleware or view that it is."""
        awaiting = caller()
        ends = self._ends if awaiting is None else self._awaited
        found = stack_from(frame, ends, self._signs)
        if awaiting is not None and not any(each.app for each in found):
            found += awaiting.stack
        return found

    def _enter(self, meta: Any) -> Payload | None:
        """A hook begins; None outside of requests."""
        try:
            unit = current()
            if type(unit) is not RequestUnit:
                return None
            payload = payloads.of(unit)
            if payload.announced < 0:
                payload.announced = announced(meta)
            payload.depth += 1
            return payload
        except Exception:
            self.guard.failed()
            return None

    def _left(self, payload: Payload, how: str, held: int) -> None:
        """A hook is done or failed, and `held` bytes more are in memory because of it."""
        try:
            payload.held += held
            if not payload.depth:
                self._note(payload, how, _getframe(2))
        except Exception:
            self.guard.failed()

    def _note(self, payload: Payload, how: str, frame: FrameType) -> None:
        """How the body was read first; who did it, once it is as much as that is worth."""
        if payload.reader or not payload.read:
            return
        if payload.read >= EARNED:
            payload.how, payload.reader = how, self.stack(frame)
        elif not payload.how:
            payload.how = how

    def _body(self, original: Any, patch: Patch) -> Any:
        load = original.fget

        def body(request: Any) -> Any:
            if not patch.on or "_body" in request.__dict__:
                return load(request)
            payload = self._enter(request.META)
            if payload is None:
                return load(request)
            data = b""
            try:
                data = load(request)
                return data
            finally:
                payload.depth -= 1
                self._left(payload, "body", len(data))

        return Property(disguised(body, load), original.fset, original.fdel, original.__doc__)

    def _read(self, original: Function, patch: Patch) -> Function:
        def read(request: Any, *args: Any, **kwargs: Any) -> Any:
            data = original(request, *args, **kwargs)
            if patch.on and "_body" not in request.__dict__:
                self._took(request, data)
            return data

        return read

    def _took(self, request: Any, data: Any) -> None:
        try:
            unit = current()
            if type(unit) is not RequestUnit or not data:
                return
            payload, size = payloads.of(unit), len(data)
            payload.read += size
            if payload.depth:
                return
            if payload.announced < 0:
                payload.announced = announced(request.META)
            if size > payload.largest:
                payload.largest = size
            self._note(payload, "read", _getframe(2))
        except Exception:
            self.guard.failed()

    def _lines(self, original: Function, patch: Patch) -> Function:
        def readlines(request: Any) -> Any:
            payload = self._enter(request.META) if patch.on else None
            if payload is None:
                return original(request)
            before = payload.read
            try:
                return original(request)
            finally:
                payload.depth -= 1
                self._left(payload, "read", payload.read - before)

        return readlines

    def _load(self, original: Function, patch: Patch) -> Function:
        def _load_post_and_files(request: Any) -> Any:
            payload = self._enter(request.META) if patch.on else None
            if payload is None:
                return original(request)
            try:
                return original(request)
            finally:
                payload.depth -= 1
                self._left(payload, "POST", 0)

        return _load_post_and_files

    def _parse(self, original: Function, patch: Patch) -> Function:
        def parse(parser: Any) -> Any:
            payload = self._enter(getattr(parser, "_meta", None)) if patch.on else None
            if payload is None:
                return original(parser)
            parsed: Any = None
            try:
                parsed = original(parser)
                return parsed
            finally:
                payload.depth -= 1
                self._left(payload, "POST", 0 if parsed is None else self._kept(parsed))

        return parse

    def _kept(self, parsed: Any) -> int:
        """Bytes of a parsed form that are in memory: files that are, and fields as far as ASCII."""
        try:
            fields, files = parsed
            module = landmarks.loaded("django.core.files.uploadedfile")
            memory = getattr(module, "InMemoryUploadedFile", None)
            size = sum(len(each) for _, values in fields.lists() for each in values)
            for _, uploads in files.lists():
                size += sum(each.size for each in uploads if memory in type(each).__mro__)
            return int(size)
        except Exception:
            self.guard.failed()
            return 0
