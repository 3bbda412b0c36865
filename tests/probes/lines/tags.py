"""A template tag of the application."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def writer_of(work: Any) -> str:
    """Goes through a foreign key."""
    return str(work.writer.name)
