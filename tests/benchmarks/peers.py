"""Tracers of requests beside djscope. Each is told to keep nothing and to send nothing."""

from __future__ import annotations

import os
from typing import Any

from tests.benchmarks import project


def opentelemetry() -> project.Page:
    """Spans are made and ended, and dropped."""
    project.set_up([])
    from opentelemetry import trace
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

    provider = TracerProvider()
    provider.add_span_processor(SpanProcessor())
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()
    return project.page


def scout() -> project.Page:
    """Scout's agent in the process; the one that it would talk to is not there."""
    options: dict[str, Any] = {
        "MONITOR": True, "KEY": "none", "NAME": "benchmark", "CORE_AGENT_LAUNCH": False,
        "CORE_AGENT_DOWNLOAD": False, "SHUTDOWN_TIMEOUT_SECONDS": 0,
        "CORE_AGENT_SOCKET_PATH": "/nonexistent/scout.sock",
    }  # fmt: skip
    os.environ.update({f"SCOUT_{name}": str(value) for name, value in options.items()})
    project.set_up(["scout_apm.django"])
    return project.page
