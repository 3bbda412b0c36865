"""What is measured: nothing, djscope in its states, and peers; each makes what draws a page."""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks import project
from tests.benchmarks.peers import opentelemetry, scout
from tests.benchmarks.project import REQUESTS, Page


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
        if scene == REQUESTS:  # each is a unit of its own
            project.page(scene)
            armament.ledger.ended.clear()
            return
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
    each.__name__: each for each in (bare, off, watch, deep, zeal, toolbar, opentelemetry, scout)
}
# What looks at queries alone, and what is compared by its requests.
OF_QUERIES, OF_REQUESTS = {"zeal", "toolbar"}, {"opentelemetry", "scout"}
# What pip installs, where that is not part of the development dependencies.
PACKAGES = {"zeal": "django-zeal", "toolbar": "django-debug-toolbar", "scout": "scout-apm"}
MODULES = {
    "zeal": "zeal", "toolbar": "debug_toolbar", "scout": "scout_apm",
    "opentelemetry": "opentelemetry.instrumentation.django",
}  # fmt: skip
PACKAGES["opentelemetry"] = "opentelemetry-instrumentation-django opentelemetry-sdk"


def of_scene(scene: str, names: list[str]) -> list[str]:
    """Those that say something about such a scene, without the others."""
    left_out = OF_QUERIES if scene == REQUESTS else OF_REQUESTS
    return [name for name in names if name not in left_out]
