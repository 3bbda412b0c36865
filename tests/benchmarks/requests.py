"""Whole requests through Django's own handler: its seven default middlewares and one more."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.benchmarks.project import REQUESTS_OF_PAGE

APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.sessions",
    "django.contrib.messages",
]  # fmt: skip
# As `startproject` writes them, and one of the project's.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tests.benchmarks.requests.stamped",
]
SETTINGS: dict[str, Any] = {
    "MIDDLEWARE": MIDDLEWARE, "ROOT_URLCONF": __name__, "SECRET_KEY": "for benchmarks only",
    "ALLOWED_HOSTS": ["*"],
}  # fmt: skip


def stamped(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A middleware as projects have them."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["X-Shop"] = "books"
        return response

    return middleware


def view(request: Any, number: int) -> Any:
    from django.http import HttpResponse

    return HttpResponse(f"book {number}")


def __getattr__(name: str) -> Any:
    """The routes, once Django is set up."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import path

    return [path("books/<int:number>/", view)]


@cache
def handler() -> Any:
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def requests() -> int:
    """A page of them, as a server makes them."""
    return sum(request(number) for number in range(REQUESTS_OF_PAGE))


def request(number: int) -> int:
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": f"/books/{number}/", "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000", "HTTP_USER_AGENT": "benchmark", "HTTP_ACCEPT": "*/*",
        "REMOTE_ADDR": "127.0.0.1", "SCRIPT_NAME": "", "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }  # fmt: skip
    response = handler()(environ, lambda *_: None)
    size = sum(map(len, response))
    response.close()
    assert response.status_code == 200
    return size
