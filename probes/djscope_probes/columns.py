"""Names of the application's tables and columns: `"title"` is one, `"alice"` is not."""

from __future__ import annotations

import sys
from typing import Any

MAX_NAMES = 20_000
_known: frozenset[str] = frozenset()


def column_names() -> frozenset[str]:
    """Of all models, in double quotes, as backends write them; none before they are loaded.

    Django's app registry (4.2 to 6.1) holds them once `models_ready`; nothing is loaded for it.
    """
    global _known
    apps = getattr(sys.modules.get("django.apps"), "apps", None)
    if not _known and apps is not None and apps.models_ready:
        _known = _collected(apps)
    return _known


def _collected(apps: Any) -> frozenset[str]:
    found = set()
    for model in apps.get_models(include_auto_created=True):
        found.add(f'"{model._meta.db_table}"')
        found.update(f'"{field.column}"' for field in model._meta.local_concrete_fields)
        if len(found) > MAX_NAMES:
            break
    return frozenset(found)
