"""The library's admin, on a site of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import path

from tests.probes.library.models import Member, Work


class WorkAdmin(admin.ModelAdmin):
    list_display = ["title", "editor"]
    list_select_related = ["writer"]


class MemberAdmin(admin.ModelAdmin):
    list_display = ["name", "written"]

    def written(self, member: Member) -> int:
        return member.works.count()


def staff(get_response: Any) -> Any:
    """A middleware: whoever comes may do all."""

    def middleware(request: Any) -> Any:
        request.user = User(pk=1, username="x", is_staff=True, is_superuser=True)
        return get_response(request)

    return middleware


site = admin.AdminSite("admin")
site.register(Work, WorkAdmin)
site.register(Member, MemberAdmin)
urlpatterns = [path("admin/", site.urls)]
