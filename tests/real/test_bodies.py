"""Large bodies pass through watched servers as through others: whole, with no added memory."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from djscope.feed.shapes import Payload
from djscope.watch import Watch
from tests.real.servers import Quiet
from tests.real.tools import Levels, wait_for, watching

pytestmark = pytest.mark.real
MEGABYTE = 1_000_000
UPLOADED, STREAMED = 100, 1_000
# Unwatched it need not be as much to see what it takes.
BEFORE = 100
# Of a process that allocates megabyte after megabyte; one copy of the upload would be 100.
NOISE = 24 * MEGABYTE


class Server:
    """One of the quiet project's, and the most memory that it was seen with."""

    def __init__(self, url: str, pid: int, route: str) -> None:
        self.netloc = urlsplit(url).netloc
        self.route = route
        self.process = psutil.Process(pid)
        self.peak = 0

    def look(self) -> None:
        self.peak = max(self.peak, self.process.memory_info().rss)

    @contextmanager
    def asked(self) -> Iterator[http.client.HTTPConnection]:
        connection = http.client.HTTPConnection(self.netloc, timeout=60)
        try:
            yield connection
        finally:
            connection.close()

    def upload(self, megabytes: int) -> int:
        """Bytes that the view says it has read."""

        def body() -> Iterator[bytes]:
            for number in range(megabytes):
                if not number % 10:
                    self.look()
                yield bytes(MEGABYTE)

        with self.asked() as connection:
            headers = {"Content-Length": str(megabytes * MEGABYTE)}
            connection.request("POST", "/take/", body(), headers)
            answer = connection.getresponse().read()
            self.look()
        return int(answer)

    def download(self, megabytes: int) -> int:
        """Bytes that came."""
        size, buffer = 0, bytearray(MEGABYTE)
        with self.asked() as connection:
            connection.request("GET", f"/{self.route}/{megabytes}/")
            response = connection.getresponse()
            while n := response.readinto(buffer):
                if size // (50 * MEGABYTE) != (size + n) // (50 * MEGABYTE):
                    self.look()
                size += n
        return size


def told(watch: Watch, route: str) -> list[Payload]:
    with watch.lock:
        text = watch.session.definitions.text
        found = [u for u in watch.session.recent if text(u.unit.name_id) == route]
    return [each.payload for each in found if each.payload is not None]


@pytest.mark.parametrize("kind", ["gunicorn", "uvicorn"])
def test_large_bodies_pass_without_added_memory(quiet: Quiet, kind: str) -> None:
    """100 MB that a view reads in chunks, and 1 GB that is streamed: every byte arrives, the
    process takes no more memory than before anybody watched, and the sizes are told.
    """
    asgi = kind == "uvicorn"
    url, route = (quiet.asgi_url, "give_async") if asgi else (quiet.wsgi_url, "give")
    server = Server(url, quiet.states()[kind]["pid"], route)
    assert server.upload(UPLOADED) == UPLOADED * MEGABYTE
    assert server.download(BEFORE) == BEFORE * MEGABYTE
    bare, server.peak = server.peak, 0
    with (
        Levels(quiet.redis_url, quiet.app) as levels,
        watching(quiet.redis_url, quiet.app) as watch,
    ):
        wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        assert server.upload(UPLOADED) == UPLOADED * MEGABYTE
        assert server.download(STREAMED) == STREAMED * MEGABYTE
        [upload] = wait_for(lambda: told(watch, "take/"), what="the upload")
        [stream] = wait_for(lambda: told(watch, f"{route}/<int:number>/"), what="the stream")

    assert server.peak - bare < NOISE
    assert (upload.announced, upload.read) == (UPLOADED * MEGABYTE, UPLOADED * MEGABYTE)
    assert (upload.how, upload.memory) == ("read", MEGABYTE)
    assert (stream.sent, stream.chunks) == (STREAMED * MEGABYTE, STREAMED)
    assert (stream.streamed, stream.closed_early, stream.memory) == (True, False, 0)


def test_a_download_that_is_broken_off_was_closed_early(quiet: Quiet) -> None:
    """The client leaves after the first megabyte: the server closes the response, and we say so."""
    server = Server(quiet.wsgi_url, quiet.states()["gunicorn"]["pid"], "give")
    with (
        Levels(quiet.redis_url, quiet.app) as levels,
        watching(quiet.redis_url, quiet.app) as watch,
    ):
        wait_for(lambda: levels.all_are("watch", quiet.n), what="arming")
        with server.asked() as connection:
            connection.request("GET", f"/give/{STREAMED}/")
            assert len(connection.getresponse().read(MEGABYTE)) == MEGABYTE
        [stream] = wait_for(lambda: told(watch, "give/<int:number>/"), what="the stream")

    assert stream.closed_early
    assert 0 < stream.chunks < STREAMED
