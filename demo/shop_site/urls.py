"""Ordinary pages first, then one route per scenario, named after what it shows."""

from django.urls import path

from shop import views
from shop.scenarios import asynchronous, queries, requests

urlpatterns = [
    path("", views.home),
    path("book/<int:pk>/", views.book_detail),
    path("order/<int:pk>.json", views.order_json),
    path("checkout/", views.checkout),
    path("n_plus_one/", queries.n_plus_one),
    path("healthy/list/", queries.healthy_list),
    path("n_plus_one_reverse/", queries.n_plus_one_reverse),
    path("healthy/authors/", queries.healthy_authors),
    path("query_loop/", queries.query_loop),
    path("healthy/lookup/", queries.healthy_lookup),
    path("duplicate_query/", queries.duplicate_query),
    path("healthy/cached/", queries.healthy_cached),
    path("slow_query/", queries.slow_query),
    path("healthy/search/", queries.healthy_search),
    path("request_failing/", requests.request_failing),
    path("healthy/missing/", requests.healthy_missing),
    path("slow_request/", requests.slow_request),
    path("healthy/report/", requests.healthy_report),
    path("request_stuck/", requests.request_stuck),
    path("healthy/streaming/", requests.healthy_streaming),
    path("n_plus_one_async/", asynchronous.n_plus_one_async),
    path("healthy/async_list/", asynchronous.healthy_async_list),
    path("slow_request_async/", asynchronous.slow_request_async),
    path("healthy/async_report/", asynchronous.healthy_async_report),
]
