"""All people, or one."""

from django.http import HttpRequest, JsonResponse
from django.urls import path

from djangoproject.social.models import User


def users(request: HttpRequest) -> JsonResponse:
    names = [user.profile.display_name for user in User.objects.all()]
    return JsonResponse({"names": names})


def user(request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse({"name": User.objects.get(pk=pk).profile.display_name})


urlpatterns = [path("users/", users), path("user/<int:pk>/", user)]
