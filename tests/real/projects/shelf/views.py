"""One page that loads each book's author by itself, and one that asks for nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from shelf.models import Book


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("here")


def books(request: HttpRequest) -> HttpResponse:
    return HttpResponse("\n".join(line(book) for book in Book.objects.all()))


def line(book: Book) -> str:
    return f"{book.title} by {book.author.name}"


urlpatterns = [path("", home), path("books/", books)]
