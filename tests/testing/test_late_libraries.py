"""Libraries that are imported by a first request are recognised in that very request."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import django
django.setup()
from django.core.management import call_command
call_command("prepare", verbosity=0)
from django.db import connection
from tests.probes.library import models
with connection.schema_editor() as editor:
    for model in models.MODELS:
        editor.create_model(model)
models.fill()
from djscope.testing import capture

with capture() as found:
    assert models.Member.objects.count()
    assert "rest_framework.serializers" not in sys.modules
    from tests.probes.lines.api import WorkSerializer  # what a URL configuration does
    WorkSerializer(models.Work.objects.order_by("pk"), many=True).data
print([each.where.short for each in found.findings if each.kind == "n_plus_one"])
"""


def test_what_is_imported_while_one_looks_is_recognised(tmp_path: Path) -> None:
    """URLs, and with them views and their libraries, are loaded by the first request."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        capture_output=True, text=True, check=False, timeout=60,
        env={
            **os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "DJSCOPE_DISABLED": "1",
            "DJANGO_SETTINGS_MODULE": "tests.probes.settings", "DJSCOPE_DEMO_DIR": str(tmp_path),
            "DJSCOPE_REDIS_URL": "redis://127.0.0.1:1/0",
        },
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "Serializer (" in done.stdout
    assert "rest_framework" not in done.stdout
