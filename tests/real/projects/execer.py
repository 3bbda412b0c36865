"""A script that replaces itself by another program: execer.py ROUND. A line of JSON each round."""

import json
import os
import stat
import sys
import time
from contextlib import suppress

import django


def sockets() -> int:
    """How many are open."""
    found = 0
    for number in range(3, 64):
        with suppress(OSError):
            found += stat.S_ISSOCK(os.fstat(number).st_mode)
    return found


inherited = sockets()
django.setup()
from quiet.state import state  # noqa: E402

left = int(sys.argv[1])
os.write(1, (json.dumps({**state(), "inherited": inherited}) + "\n").encode())
sys.stdin.readline()
if left:
    time.sleep(1.05 - time.time() % 1)  # processes are told apart by pid and the second they began
    os.execv(sys.executable, [sys.executable, __file__, str(left - 1)])
