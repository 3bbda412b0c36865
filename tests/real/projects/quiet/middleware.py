"""Middleware of each kind; together they change nothing."""

from __future__ import annotations

from typing import Any

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin


def function(get_response: Any) -> Any:
    def middleware(request: Any) -> Any:
        return get_response(request)

    return middleware


class Plain:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)


class Hooks(MiddlewareMixin):
    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> None:
        return None

    def process_template_response(self, request: Any, response: Any) -> Any:
        return response

    def process_exception(self, request: Any, exception: Exception) -> None:
        return None


class Last(Hooks):
    def process_request(self, request: Any) -> None:
        return None

    def process_response(self, request: Any, response: Any) -> Any:
        return response


@sync_and_async_middleware
def hybrid(get_response: Any) -> Any:
    if iscoroutinefunction(get_response):

        async def middleware(request: Any) -> Any:
            return await get_response(request)

    else:

        def middleware(request: Any) -> Any:
            return get_response(request)

    return middleware
