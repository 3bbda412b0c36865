"""A process in a tight loop of queries: hog.py APP LIMIT WINDOW. LIMIT of a core is too much in
WINDOW seconds; where it has less than a core itself, so much less is.

When stdin has a line it says what is in it of the probe; it ends with stdin.
"""

import sys
import threading
import time

from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
)

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402

import djscope_probes  # noqa: E402
from djscope_probes import governor, lifecycle  # noqa: E402

# Some microseconds of work, so that how much watching it takes depends little on the machine.
SQL = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT sum(i) FROM n"
)
original = CursorWrapper.__dict__["_execute_with_wrappers"]
limit, window_s = map(float, sys.argv[2:])
governor.LIMIT, governor.WINDOW_NS = limit, int(window_s * 1e9)
over = threading.Event()


def fair() -> None:
    """What others take of the machine makes djscope cheaper, too: the limit goes along."""
    while not over.is_set():
        began, used = time.monotonic(), time.process_time()
        over.wait(window_s / 2)
        governor.LIMIT = limit * (time.process_time() - used) / (time.monotonic() - began)


def serve() -> None:
    for _ in sys.stdin:
        assert lifecycle._running is not None
        armament = lifecycle._running.armament
        back = CursorWrapper.__dict__["_execute_with_wrappers"] is original
        print(armament.level, armament.wrapped, back, flush=True)
    over.set()


assert djscope_probes.start(app=sys.argv[1])
print("started", flush=True)
threading.Thread(target=serve).start()
threading.Thread(target=fair).start()
while not over.is_set():
    with connection.cursor() as cursor:
        for _ in range(100):
            cursor.execute(SQL)
djscope_probes.stop()
