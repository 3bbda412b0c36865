"""Allow lists: which model and field, by pattern, may repeat."""

from collections.abc import Iterable
from fnmatch import fnmatch
from typing import TypedDict

from django.apps import apps
from django.db.models import Model

from zeal.errors import ZealConfigError
from zeal.verdicts import names_of


class AllowListEntry(TypedDict, total=False):
    model: str
    field: str | None


def allows(entry: AllowListEntry, model: type[Model], field: str) -> bool:
    return fnmatch(model._meta.label, entry["model"]) and fnmatch(field, entry.get("field") or "*")


def validate(entries: Iterable[AllowListEntry]) -> None:
    """Names without a pattern have to be there."""
    models = {model._meta.label: model for model in apps.get_models()}
    for entry in entries:
        name, field = entry["model"], entry.get("field") or ""
        if is_pattern(name):
            continue
        if name not in models:
            raise ZealConfigError(f"Model '{name}' not found in installed Django models")
        known = field in names_of(models[name]) or field in ("", "get()")
        if not known and not is_pattern(field):
            raise ZealConfigError(f"Field '{field}' not found on '{name}'")


def is_pattern(text: str) -> bool:
    return any(char in text for char in "*?[]")
