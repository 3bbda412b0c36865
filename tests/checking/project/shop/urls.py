"""Routes."""

from django.urls import path

from shop import views

urlpatterns = [
    path("books/", views.book_list),
    path("healthy/", views.healthy_list),
    path("book/<int:pk>/", views.detail),
    path("async/", views.async_list),
]
