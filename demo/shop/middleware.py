"""The shop's own middleware."""

from asgiref.sync import iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def shipping_country(get_response):
    """Answers say where the shop ships from; a real one would look at the visitor."""
    if iscoroutinefunction(get_response):

        async def middleware(request):
            response = await get_response(request)
            response["X-Ships-From"] = "NL"
            return response

    else:

        def middleware(request):
            response = get_response(request)
            response["X-Ships-From"] = "NL"
            return response

    return middleware
