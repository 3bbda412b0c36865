"""Bodies that Django refuses or that end midway: refused as ever, and counted as far as read."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest

from djscope_probes.arming import Armament
from tests.probes.bodies import (
    BODY,
    URLENCODED,
    VIEWS,
    Seen,
    body_for,
    environ,
    handler,
    said,
    scope,
)
from tests.probes.bodies import serve as served

pytestmark = pytest.mark.usefixtures("collected")


@pytest.mark.parametrize("length", ["", "x", "-3", "5,5", "007"])
def test_a_content_length_that_is_none(armament: Armament, length: str) -> None:
    """Django takes it for 0 where it is no number; so do we, without an error."""
    watched = served(VIEWS["read"], b"12345678", CONTENT_LENGTH=length)
    payload = Seen(armament).payload
    armament.disarm()

    assert watched == served(VIEWS["read"], b"12345678", CONTENT_LENGTH=length)
    assert payload.announced == (7 if length == "007" else -1)
    assert payload.read == (7 if length == "007" else 0)


def test_a_body_that_is_too_big_is_refused_as_ever(armament: Armament, shop: None) -> None:
    """By Content-Length, before anything is read."""
    from django.test import override_settings

    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1_000):
        watched = served(VIEWS["body"], BODY)
        payload = Seen(armament).payload
        armament.disarm()

        assert watched == served(VIEWS["body"], BODY)
    assert watched[0] == "400 Bad Request"
    assert (payload.read, payload.memory, payload.announced) == (0, 0, len(BODY))


def test_a_form_with_too_many_fields_was_read_all_the_same(armament: Armament, shop: None) -> None:
    """Django refuses it after it read the body: by POST."""
    from django.test import override_settings

    many = b"&".join(b"field%d=%s" % (number, b"x" * 200) for number in range(1_500))
    with override_settings(DATA_UPLOAD_MAX_NUMBER_FIELDS=1_000):
        watched = served(VIEWS["post"], many, CONTENT_TYPE=URLENCODED)
        payload = Seen(armament).payload
        armament.disarm()

        assert watched == served(VIEWS["post"], many, CONTENT_TYPE=URLENCODED)
    assert watched[0] == "400 Bad Request"
    assert (payload.read, payload.how) == (len(many), "POST")


class Broken(io.BytesIO):
    """A client that goes away within its body."""

    def read(self, *_: Any) -> bytes:
        raise OSError("gone")


@pytest.mark.parametrize("name", ["body", "post", "form", "read"])
def test_a_client_that_goes_away_is_an_error_as_ever(armament: Armament, name: str) -> None:
    """`UnreadablePostError`, and the next request is counted from the start."""
    seen = []

    def view(request: Any) -> Any:
        try:
            return VIEWS[name](request)
        except OSError as error:
            seen.append(type(error).__name__)
            return said("gone")

    kind, body = body_for(name)
    more = {"wsgi.input": Broken(), "CONTENT_TYPE": kind}
    watched = handler(view)(environ(body, **more), lambda *_: None)
    watched.close()
    unit = Seen(armament).unit
    armament.disarm()
    handler(view)(environ(body, **more), lambda *_: None).close()

    assert seen == ["UnreadablePostError"] * 2
    assert unit.payload is not None
    assert unit.payload.depth == 0
    assert unit.payload.read == 0


def test_an_async_client_that_goes_away_mid_body(armament: Armament) -> None:
    """Django answers nothing, and neither do we: the unit ends."""

    async def gone() -> list[Any]:
        asked: list[dict[str, Any]] = [
            {"type": "http.request", "body": b"x" * 1_000, "more_body": True},
            {"type": "http.disconnect"},
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return asked.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await handler(VIEWS["body"], asgi=True)(scope(BODY, URLENCODED), receive, send)
        return sent

    assert asyncio.run(gone()) == []
    assert armament.ledger.running == {}
