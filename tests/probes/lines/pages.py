"""Pages of the library: each leaves the work to its template."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template import Context, Template
from django.urls import path
from django.views.generic import ListView

from tests.probes.library.models import Tag, Work


class Shown:
    """What a template is given instead of a row."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def editor(self) -> str:
        return str(self._work.editor.name)


def waits(get_response: Any) -> Any:
    """A middleware: it asks for nothing."""

    def middleware(request: Any) -> Any:
        return get_response(request)

    return middleware


def page(request: Any, name: str) -> HttpResponse:
    works = Work.objects.order_by("pk")
    return render(request, f"lines/{name}.html", {"works": works, "tags": Tag.objects.all()})


def joined(request: Any, name: str) -> HttpResponse:
    works = Work.objects.order_by("pk").select_related("writer", "editor")
    return render(request, f"lines/{name}.html", {"works": works})


def calling(request: Any) -> HttpResponse:
    shown = [Shown(work) for work in Work.objects.order_by("-pk")]
    context = {"works": Work.objects.order_by("pk"), "shown": shown}
    return render(request, "lines/calling.html", context)


def twice(request: Any) -> HttpResponse:
    shown = [Shown(work) for work in Work.objects.order_by("pk")]
    return render(request, "lines/twice.html", {"some": shown[::2], "others": shown[1::2]})


def of_a_string(request: Any) -> HttpResponse:
    template = Template("{% for work in works %}\n{{ work.writer.name }}{% endfor %}")
    return HttpResponse(template.render(Context({"works": Work.objects.order_by("pk")})))


def jinja(request: Any) -> HttpResponse:
    context = {"works": Work.objects.order_by("pk")}
    return render(request, "list.html", context, using="jinja2")


def streamed(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts())


def parts() -> Iterator[str]:
    for work in Work.objects.order_by("pk"):
        yield work.writer.name


async def in_a_thread(request: Any) -> HttpResponse:
    works = Work.objects.order_by("pk")
    return await sync_to_async(render)(request, "lines/list.html", {"works": works})


async def awaited(request: Any) -> HttpResponse:
    names = [work.title async for work in Work.objects.order_by("pk")]
    return HttpResponse(names)


async def streamed_async(request: Any) -> StreamingHttpResponse:
    return StreamingHttpResponse(parts_async())


async def parts_async() -> AsyncIterator[str]:
    async for work in Work.objects.order_by("pk"):
        yield work.title


class Works(ListView):
    """Everything that it does is Django's."""

    queryset = Work.objects.order_by("pk")
    paginate_by = 3
    template_name = "lines/list.html"
    context_object_name = "works"


urlpatterns = [
    path("pages/<name>/", page),
    path("joined/<name>/", joined),
    path("calling/", calling),
    path("twice/", twice),
    path("string/", of_a_string),
    path("jinja/", jinja),
    path("streamed/", streamed),
    path("thread/", in_a_thread),
    path("awaited/", awaited),
    path("streamed-async/", streamed_async),
    path("works/", Works.as_view()),
]
