"""A context for each request."""

from collections.abc import Callable
from typing import Any

from zeal.listeners import zeal_context


def zeal_middleware(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def middleware(request: Any) -> Any:
        with zeal_context():
            return get_response(request)

    return middleware
