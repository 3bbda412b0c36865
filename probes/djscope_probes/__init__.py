"""The probe: what lives in a Django or Celery process. Standard library only.

Off (nobody watches) it is one sleeping thread and nothing wrapped. `start()` and `stop()` work at
any moment of a process's life, from any thread.
"""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["__version__", "start", "stop"]


def start(redis_url: str | None = None, app: str | None = None) -> bool:
    """Start this process's probe; False where it must not run (disabled, pre-fork parent).

    Twice is once. `redis_url` and `app` override the environment and the Django settings.
    """
    from djscope_probes import lifecycle

    return lifecycle.start(redis_url, app)


def stop() -> None:
    """End the probe: every original back, the thread gone. A no-op when none runs."""
    from djscope_probes import lifecycle

    lifecycle.stop()
