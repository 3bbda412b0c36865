"""`manage.py busy`: asks the database until stdin ends; a line is a verb of `quiet.probes`."""

import json
import sys
import threading
import time
from collections import deque

from django.core.management.base import BaseCommand
from django.db import connection

from quiet import probes

PAUSE_S = 0.01


class Command(BaseCommand):
    """Says what comes of each verb in a line, and at the end that all went well."""

    def handle(self, **_options: object) -> None:
        asked: deque[str] = deque()
        listener = threading.Thread(target=listen, args=(asked,), daemon=True)
        listener.start()
        while listener.is_alive() or asked:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            time.sleep(PAUSE_S)
            if asked:
                self.stdout.write(json.dumps(probes.do(asked.popleft())))
                self.stdout.flush()
        self.stdout.write("ended well")


def listen(asked: deque[str]) -> None:
    for line in sys.stdin:
        asked.append(line.strip())
