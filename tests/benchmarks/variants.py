"""What is measured: nothing, djscope in its states, and peers; each makes what draws a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.benchmarks import project

Page = Callable[[str], Any]


def bare() -> Page:
    """Django alone."""
    project.set_up([])
    return project.page


def off() -> Page:
    """A probe that nobody listens to: its Redis is not there."""
    project.set_up(["djscope_probes"])
    import djscope_probes

    assert djscope_probes.start("redis://127.0.0.1:1/0", "benchmark")
    return project.page


def watch() -> Page:
    """Armed, each page in a unit; what the probe's own thread does is done between pages."""
    return _armed(deep=False)


def deep() -> Page:
    """The stack of every query."""
    return _armed(deep=True)


def _armed(deep: bool) -> Page:
    project.set_up([])
    from djscope_probes.arming import Armament
    from djscope_probes.units import RequestUnit

    armament = Armament()
    armament.arm()
    if deep:
        armament.deepen([("process", "p")], "p")

    def page(scene: str) -> None:
        unit = RequestUnit("wsgi", "GET")
        armament.ledger.begin(unit)
        project.page(scene)
        armament.ledger.end(unit)
        armament.ledger.ended.clear()

    return page


def zeal() -> Page:
    """django-zeal, told not to raise."""
    from django.conf import settings

    project.set_up(["zeal"])
    settings.ZEAL_RAISE = False
    import warnings

    from zeal import zeal_context

    warnings.simplefilter("ignore")

    def page(scene: str) -> None:
        with zeal_context():
            project.page(scene)

    return page


def toolbar() -> Page:
    """django-debug-toolbar's SQL panel, as it records a request."""
    project.set_up(["django.contrib.staticfiles", "debug_toolbar"])
    from debug_toolbar.panels.sql.panel import SQLPanel
    from debug_toolbar.toolbar import DebugToolbar
    from django.test import RequestFactory

    def page(scene: str) -> None:
        request = RequestFactory().get("/")
        toolbar = DebugToolbar(request, lambda _: None)
        panel = SQLPanel(toolbar, lambda _: None)
        panel.enable_instrumentation()
        try:
            project.page(scene)
        finally:
            panel.disable_instrumentation()

    return page


VARIANTS: dict[str, Callable[[], Page]] = {
    each.__name__: each for each in (bare, off, watch, deep, zeal, toolbar)
}
