"""A request that was under way before it had a route gets its own later."""

from __future__ import annotations

import threading
from typing import Any

from djscope_probes.arming import Armament

came, resolved, over = threading.Event(), threading.Event(), threading.Event()


def gate(get_response: Any) -> Any:
    """A middleware that waits, as a first request does that loads all views."""

    def middleware(request: Any) -> Any:
        came.set()
        assert resolved.wait(10)
        return get_response(request)

    return middleware


def view(request: Any, number: int) -> Any:
    from django.http import HttpResponse

    came.set()
    assert over.wait(10)
    return HttpResponse(str(number))


def patterns() -> list[Any]:
    from django.urls import path

    return [path("late/<int:number>/", view)]


def test_it_is_named_when_it_is_resolved(shop: None) -> None:
    """While it lasts: its frames are looked at anyway, to see whether it is still there."""
    import types

    from django.test import Client, override_settings

    urls = types.ModuleType("late_urls")
    urls.urlpatterns = patterns()  # type: ignore[attr-defined]
    armament, answers = Armament(), []
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=[f"{__name__}.gate"]):
        thread = threading.Thread(target=lambda: answers.append(Client().get("/late/7/")))
        thread.start()
        try:
            assert came.wait(10)
            came.clear()
            armament.arm()
            (unit,) = armament.ledger.running.values()
            assert unit.name == "(no route)"
            resolved.set()
            assert came.wait(10)
            assert armament._adoption is not None
            armament._adoption.sweep()

            assert unit.name == "late/<int:number>/"
        finally:
            resolved.set()
            over.set()
            thread.join(10)
            armament.disarm()
    assert [answer.status_code for answer in answers] == [200]
