"""Python imports this first where `djscope run` put its directory on the path.

Starts the probe once Django has set itself up, then hands on to a `sitecustomize` of the host's own
that this one hides.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
TRIGGER = "django.apps.registry"


class StartWithDjango(importlib.abc.MetaPathFinder):
    """Stands by until Django's app registry is loaded, and wraps it once."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != TRIGGER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            start_when_ready(module.Apps)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def start_when_ready(registry: Any) -> None:
    """Start the probe at the end of the first `populate()`, then step aside."""
    populate = registry.populate

    def populate_and_start(self: Any, installed_apps: Any = None) -> None:
        populate(self, installed_apps)
        if self.ready and registry.populate is populate_and_start:
            registry.populate = populate
            try:
                import djscope_probes

                djscope_probes.start()
            except Exception:  # our bug must not keep the host from starting
                pass

    registry.populate = populate_and_start


def hand_on() -> None:
    """Run the `sitecustomize` that would have been found without us."""
    paths = [path for path in sys.path if os.path.abspath(path or ".") != HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", paths)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


sys.meta_path.insert(0, StartWithDjango())
hand_on()
