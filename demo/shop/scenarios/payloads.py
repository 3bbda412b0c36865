"""Large bodies, in memory and past it."""

import hashlib
import json

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.csrf import csrf_exempt

CHUNK = 64 * 1024
LINE = b"9780000000000;The Long Way to the Sea;24.90;in stock at the warehouse\n"
LINES = 90_000  # about 6 MB


@csrf_exempt
def body_buffered(request):
    scan = request.body  # finding: body_buffered
    return JsonResponse({"pages": len(scan) // CHUNK, "digest": hashlib.sha256(scan).hexdigest()})


@csrf_exempt
def healthy_body(request):
    digest, size = hashlib.sha256(), 0
    while chunk := request.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return JsonResponse({"pages": size // CHUNK, "digest": digest.hexdigest()})


class LogBodies:
    """Looks into every body for what only small ones have."""

    def __init__(self, get_response):
        self.get_response = get_response

    def process_request(self, request):
        request.note = sender(request.body)  # finding: body_buffered_middleware


def sender(body):
    return json.loads(body).get("sender") if body[:1] == b"{" else None


@csrf_exempt
@decorator_from_middleware(LogBodies)
def body_buffered_middleware(request):
    return JsonResponse({"from": request.note})


@csrf_exempt
def healthy_upload(request):
    """A form with a file: Django puts what is large on disk."""
    size = sum(len(chunk) for chunk in request.FILES["scan"].chunks())
    return JsonResponse({"pages": size // CHUNK})


def large_response(request):
    return HttpResponse(LINE * LINES, content_type="text/csv")  # finding: large_response


def healthy_export(request):
    return StreamingHttpResponse(stock_list(), content_type="text/csv")


def stock_list():
    for _ in range(0, LINES, 900):
        yield LINE * 900
