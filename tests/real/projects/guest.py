"""Views one page after the other until stdin ends: guest.py HOST PATH. A line for each: its ms.

A process of its own, so that what else a test does at the time takes nothing from it.
"""

import http.client
import sys
import threading
import time

over = threading.Event()


def leave() -> None:
    sys.stdin.read()
    over.set()


threading.Thread(target=leave).start()
while not over.wait(0.03):
    began = time.monotonic()
    connection = http.client.HTTPConnection(sys.argv[1], timeout=15)
    connection.request("GET", sys.argv[2])
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != http.client.OK:
        sys.exit(f"{response.status} {response.reason}")
    print((time.monotonic() - began) * 1000, flush=True)
