"""A middleware with both branches, sync and async: the code for a middleware that has one only."""

from __future__ import annotations

from djscope.model.definitions import Layer
from djscope.model.finding import Advice

_CLASS = """\
from asgiref.sync import iscoroutinefunction, markcoroutinefunction


class {name}:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request):
        if iscoroutinefunction(self):
            return self.__acall__(request)
        response = self.get_response(request)
        return response

    async def __acall__(self, request):
        response = await self.get_response(request)
        return response"""
_FUNCTION = """\
from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def {name}(get_response):
    if iscoroutinefunction(get_response):

        async def middleware(request):
            response = await get_response(request)
            return response

    else:

        def middleware(request):
            response = get_response(request)
            return response

    return middleware"""


def both_branches(layer: Layer) -> Advice:
    """For that very middleware: what it does before and after goes into both branches."""
    name = layer.name.rpartition(".")[2] or "middleware"
    code = (_CLASS if is_class(layer) else _FUNCTION).format(name=name)
    return Advice(
        f"give {name} both branches: what it does before and after the view goes into each, without"
        " blocking calls in the async one",
        code,
    )


def is_class(layer: Layer) -> bool:
    """As its definition says, or else as it is written."""
    if layer.place is not None and layer.place.function:
        if layer.place.is_class:
            return True
        if layer.place.function == layer.name.rpartition(".")[2]:
            return layer.place.function[:1].isupper()
    return layer.name.rpartition(".")[2][:1].isupper()
