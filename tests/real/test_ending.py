"""A process that ends tells its last request, also where it ends just as its probe wrote."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope.watch import Watch
from tests.real.tools import environment, started, wait_for

pytestmark = pytest.mark.real

# In a crowd a probe rests longer between two flushes than a process waits for it at its end.
ENDING = """
import threading
import django
from django.conf import settings
from djscope_probes import watching
from djscope_probes.watching import Watching

watching.FLUSH_MS = 1_000
flush, flushed, asked, ends = Watching._flush, *(threading.Event() for _ in range(3))
def slowly(self, replies):
    flush(self, replies)
    if not ends.is_set():
        flushed.set()
        asked.wait(5)  # for the request, and the end of the process that comes before the rest
        watching.time.sleep(0.1)
Watching._flush = slowly

settings.configure(INSTALLED_APPS=["djscope_probes"], ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
urlpatterns = []
from django.core.wsgi import get_wsgi_application
from django.test import RequestFactory
application = get_wsgi_application()
flushed.wait(20)
application(RequestFactory().get("/last/").environ, print).close()
ends.set()
asked.set()
"""


def test_a_process_that_ends_between_two_flushes_is_told_in_full(tmp_path: Path) -> None:
    """Its end is noticed though the probe was about to rest."""
    with start_embedded() as server:
        env = environment(tmp_path / "run", DJSCOPE_APP="ending", DJSCOPE_REDIS_URL=server.url)
        watch = Watch(server.url, "ending")
        watch.start()
        try:
            with started(sys.executable, "-c", ENDING, env=env) as script:
                assert script.wait(30) == 0
            wait_for(lambda: requests(watch) == 1, what="the last request")
        finally:
            watch.stop()


def requests(watch: Watch) -> int:
    with watch.lock:
        return sum(stat.n for stat in watch.session.routes.values() if stat.kind == "request")
