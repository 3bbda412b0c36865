"""`INSTALLED_APPS += ["djscope_probes"]` is all it takes."""

from __future__ import annotations

from django.apps import AppConfig

import djscope_probes


class DjscopeProbesConfig(AppConfig):  # type: ignore[misc]  # Django ships no types
    """Starts the probe once Django is set up."""

    name = "djscope_probes"
    verbose_name = "djscope probes"

    def ready(self) -> None:
        try:
            djscope_probes.start()
        except Exception:  # our bug must not keep the host from starting
            pass
