"""The shop, for real: gunicorn, uvicorn, Celery and the embedded server, without visitors."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from demo.runner import DEMO, Shop, ShopError
from demo.shop.expected import HEALTHY, KINDS, expected
from djscope.children import run_directory
from djscope.feed.embedded import start_embedded

pytestmark = pytest.mark.real

# Runs views and tasks in a process of their own and counts what each asks of the database.
COUNT = """\
import django, json
django.setup()
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from shop.scenarios import libraries, loops, perrow, queries, relations, tasks
from shop_site.urls import urlpatterns
modules = (libraries, loops, perrow, queries, relations)
urls = {getattr(pattern, "callback", None) for pattern in urlpatterns}
views = {
    name: view for module in modules for name, view in vars(module).items()
    if getattr(view, "__hash__", None) and view in urls
}
work = {name: vars(tasks)[name] for name in ("n_plus_one_task", "healthy_task")}
counts = {}
for name, function in {**views, **work}.items():
    with CaptureQueriesContext(connection) as captured:
        answer = function(RequestFactory().get("/")) if name in views else function()
        getattr(answer, "render", str)()
    counts[name] = len(captured)
print(json.dumps(counts))
"""
VISITS = """\
import django, json
django.setup()
import traffic
from shop.scenarios import tasks
from shop_site.urls import urlpatterns
print(json.dumps({
    "routes": [str(one.pattern) for one in urlpatterns if getattr(one, "callback", None)],
    "visits": {path: first for path, (first, _) in {**traffic.ON_WSGI, **traffic.ON_ASGI}.items()},
    "tasks": [name for name, task in vars(tasks).items() if hasattr(task, "delay")],
    "sent": {name: first for name, (first, _) in traffic.TASKS.items()},
}))
"""
RELATIONS = {"n_plus_one", "prefetch_bypassed", "per_instance_prefetch"}
QUERIES = {  # on SQLite, where a transaction's first and last statements count
    "n_plus_one": 61,
    "healthy_list": 1,
    "n_plus_one_reverse": 26,
    "healthy_authors": 2,
    "query_loop": 20,
    "healthy_lookup": 1,
    "duplicate_query": 8,
    "healthy_cached": 1,
    "slow_query": 1,
    "healthy_search": 2,
    "n_plus_one_chain": 41,
    "healthy_chain": 1,
    "n_plus_one_nested": 45,
    "healthy_nested": 3,
    "n_plus_one_many": 26,
    "healthy_many": 2,
    "n_plus_one_one_to_one": 26,
    "healthy_one_to_one": 1,
    "n_plus_one_generic": 26,
    "healthy_generic": 2,
    "n_plus_one_generic_relation": 26,
    "healthy_generic_relation": 2,
    "n_plus_one_deferred": 26,
    "healthy_deferred": 1,
    "n_plus_one_count": 26,
    "healthy_count": 1,
    "n_plus_one_exists": 26,
    "healthy_exists": 1,
    "n_plus_one_first": 26,
    "healthy_first": 2,
    "n_plus_one_filter": 26,
    "healthy_filter": 2,
    "prefetch_bypassed": 27,
    "healthy_prefetch": 2,
    "per_instance_prefetch": 26,
    "healthy_batch": 2,
    "query_loop_cursor": 20,
    "healthy_cursor": 1,
    "query_loop_save": 23,
    "healthy_save": 4,
    "query_loop_create": 17,
    "healthy_create": 5,
    "n_plus_one_template": 26,
    "healthy_template": 1,
    "n_plus_one_serializer": 26,
    "healthy_serializer": 1,
    "n_plus_one_admin": 27,
    "healthy_admin": 2,
    "n_plus_one_task": 51,
    "healthy_task": 1,
}
ANSWERS = {
    "/": 200,
    "/book/7/": 200,
    "/book/99999/": 404,
    "/order/7.json": 200,
    "/checkout/?order=7": 202,
    "/healthy/search/?page=2": 200,
    "/request_failing/?basket=0": 200,
    "/request_failing/?basket=1": 500,
    "/healthy/missing/": 404,
    "/slow_request/": 200,
    "/healthy/report/": 200,
    "/slow_middleware/": 200,
    "/healthy/middleware/": 200,
    "/healthy/streaming/": 200,
    "/large_response/": 200,
    "/healthy/export/": 200,
    "/n_plus_one_async/": 200,
    "/healthy/async_list/": 200,
    "/slow_request_async/": 200,
    "/healthy/async_report/": 200,
}
ANSWERS |= {
    f"/{name.replace('healthy_', 'healthy/')}/": 200 for name in QUERIES if "task" not in name
}
AT_LEAST = {  # seconds
    "/slow_query/": 0.3,
    "/slow_request/": 1.5,
    "/slow_middleware/": 0.04,
    "/healthy/report/": 0.3,
    "/slow_request_async/": 1.5,
    "/healthy/async_report/": 0.3,
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with start_embedded() as server, Shop(server.url, run_directory("shop"), False) as running:
        running.start(lambda _step: None)
        yield running


def get(url: str, path: str, timeout: float = 20) -> tuple[int, bytes, float]:
    """Status, body and seconds of one request."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    started = time.monotonic()
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(), time.monotonic() - started
    finally:
        connection.close()


@pytest.mark.parametrize("path", ANSWERS)
def test_each_route_answers(shop: Shop, path: str) -> None:
    """With the status that it is there to show, async ones on uvicorn, and as slowly as it says."""
    status, body, seconds = get(shop.asgi_url if "async" in path else shop.wsgi_url, path)

    assert status == ANSWERS[path]
    assert body
    assert AT_LEAST.get(path, 0) <= seconds < 10


@pytest.mark.parametrize("path", ["/", "/n_plus_one/", "/healthy/missing/"])
def test_uvicorn_serves_ordinary_views_too(shop: Shop, path: str) -> None:
    """One project, two servers."""
    assert get(shop.asgi_url, path)[0] == ANSWERS[path]


def test_large_bodies_are_read_alike(shop: Shop) -> None:
    """The faulty view and its twin say the same of a scan; the form's file is all there."""
    scan, head = bytes(range(250)) * 12_000, b'Content-Disposition: form-data; name="scan"; '
    form = b"--x\r\n" + head + b'filename="s.tif"\r\n\r\n' + scan + b"\r\n--x--\r\n"
    faulty = post(shop.wsgi_url, "/body_buffered/", scan, "image/tiff")
    healthy = post(shop.wsgi_url, "/healthy/body/", scan, "image/tiff")
    uploaded = post(shop.wsgi_url, "/healthy/upload/", form, "multipart/form-data; boundary=x")
    logged = post(shop.wsgi_url, "/body_buffered_middleware/", b'{"sender": "me"}', "image/tiff")

    assert faulty == healthy
    assert json.loads(faulty)["pages"] == json.loads(uploaded)["pages"] == 45
    assert json.loads(logged) == {"from": "me"}


def post(url: str, path: str, body: bytes, kind: str) -> bytes:
    """The answer to a body."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        connection.request("POST", path, body, {"Content-Type": kind})
        response = connection.getresponse()
        assert response.status == 200
        return response.read()
    finally:
        connection.close()


def test_a_stuck_request_stops_nobody_else(shop: Shop) -> None:
    """It gets no answer; the other threads go on."""
    with pytest.raises(TimeoutError):
        get(shop.wsgi_url, "/request_stuck/", timeout=1)

    assert all(get(shop.wsgi_url, "/healthy/cached/")[0] == 200 for _ in range(8))


def test_each_scenario_asks_the_database_as_often_as_it_claims(shop: Shop) -> None:
    """The faulty ones too often, their twins as seldom as can be."""
    assert json.loads(in_project(shop, COUNT)) == QUERIES


def test_the_worker_runs_tasks_in_two_children(shop: Shop) -> None:
    """A task sent through the broker reaches them; a failing one is logged with its line."""
    send = "from shop.scenarios.tasks import task_failing; task_failing.delay(1)"
    in_project(shop, f"import django; django.setup(); {send}")
    log = shop.directory / "celery.log"
    deadline = time.monotonic() + 40
    while "Parcel 1 has no address." not in log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)

    assert len(psutil.Process(shop.pids()["celery"]).children()) == 2
    assert len(psutil.Process(shop.pids()["gunicorn"]).children()) == 2


def test_visitors_come_to_every_scenario_soon(shop: Shop) -> None:
    """Each route and each task that there is, within eight seconds."""
    plan = json.loads(in_project(shop, VISITS))
    routes = {path.split("?")[0].split("{")[0].lstrip("/") for path in plan["visits"]}

    assert {route.split("<")[0] for route in plan["routes"]} == routes
    assert set(plan["tasks"]) == set(plan["sent"])
    assert max({**plan["visits"], **plan["sent"]}.values()) <= 8


def in_project(shop: Shop, script: str) -> str:
    """What a script prints that runs with the shop's settings."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "shop_site.settings",
        "DJSCOPE_DEMO_DIR": str(shop.directory),
        "DJSCOPE_REDIS_URL": psutil.Process(shop.pids()["celery"]).environ()["DJSCOPE_REDIS_URL"],
        "PYTHONPATH": str(DEMO),
    }
    return subprocess.run(
        [sys.executable, "-c", script], env=env, check=True, capture_output=True, text=True
    ).stdout


def test_close_leaves_no_process_and_no_directory() -> None:
    """Stuck request, long tasks and visitors included."""
    with start_embedded() as server:
        shop = Shop(server.url, run_directory("shop"))
        shop.start(lambda _step: None)
        time.sleep(3)
        family = [psutil.Process(pid) for pid in shop.pids().values()]
        family += [child for process in family for child in process.children(recursive=True)]
        started = time.monotonic()
        shop.close()

        # Who does not end when it is asked to is killed: what hangs there would go on for minutes.
        assert time.monotonic() - started < 10
        assert len(family) >= 8
        _, alive = psutil.wait_procs(family, timeout=10)
        assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
        assert not shop.directory.exists()


def test_a_shop_that_cannot_start_shows_the_log() -> None:
    """The error names the part and ends with its last words."""
    said = r"the worker did not get ready, celery said last:\n.+"
    with (
        Shop("nonsense://", run_directory("shop"), False) as shop,
        pytest.raises(ShopError, match=said),
    ):
        shop.start(lambda _step: None)


def test_every_scenario_is_marked_in_its_source() -> None:
    """The markers stand on lines of code, an origin before or at the line that it explains."""
    assert {entry.scenario for entry in expected()} == set(KINDS)
    for entry in expected():
        lines = (Path(DEMO) / entry.file).read_text().splitlines()
        assert HEALTHY not in entry.name
        assert all(not lines[line - 1].lstrip().startswith("#") for line in entry.lines)
        assert (entry.origin is not None) == (entry.kind in RELATIONS)
        both = entry.lines & {entry.origin}
        assert all(lines[line - 1].startswith("class ") for line in both)
