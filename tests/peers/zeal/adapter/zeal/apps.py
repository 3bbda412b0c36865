"""zeal speaks up at the query that is one too many: look after each."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import AppConfig
from django.db.backends.utils import CursorWrapper

from zeal.listeners import look


class ZealConfig(AppConfig):
    name = "zeal"

    def ready(self) -> None:
        for name in ("execute", "executemany"):
            setattr(CursorWrapper, name, looked_at(getattr(CursorWrapper, name)))


def looked_at(execute: Callable[..., Any]) -> Callable[..., Any]:
    """Outside of what djscope wraps, so that the query is booked by then."""

    @wraps(execute)
    def looking(*args: Any, **kwargs: Any) -> Any:
        result = execute(*args, **kwargs)
        look()
        return result

    return looking
