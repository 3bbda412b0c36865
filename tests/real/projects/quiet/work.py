"""Tasks that end at once, and one that hangs until it is let go."""

from __future__ import annotations

import json
import time

from django.conf import settings

from quiet.state import state
from quiet.worker import app


@app.task
def report_state(name: str) -> None:
    """The worker's child says what is wrapped in it."""
    draft = settings.RUN_DIR / f"{name}.part"
    draft.write_text(json.dumps(state()))
    draft.replace(settings.RUN_DIR / name)


@app.task
def hang(name: str) -> str:
    """Stands at the marked line until somebody writes to the FIFO."""
    gate = settings.RUN_DIR / name
    (settings.RUN_DIR / f"{name}.since").write_text(str(time.time()))
    return gate.read_text()  # hangs: task
