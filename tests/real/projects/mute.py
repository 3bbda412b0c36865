"""A process whose log blocks: mute.py APP WHY. `full`: nobody reads its stderr; `held`: a thread
hangs with the lock of the handler. When stdin ends it says what is left of the probe.
"""

import fcntl
import logging
import os
import sys

import djscope_probes
from djscope_probes import lifecycle

if sys.argv[2] == "full":
    _kept, end = os.pipe()
    flags = fcntl.fcntl(end, fcntl.F_GETFL)
    fcntl.fcntl(end, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        while True:
            os.write(end, b"x" * 4096)
    except BlockingIOError:
        fcntl.fcntl(end, fcntl.F_SETFL, flags)
    os.dup2(end, 2)
else:
    assert logging.lastResort is not None
    logging.lastResort.acquire()
assert djscope_probes.start(app=sys.argv[1])
probe = lifecycle._running
assert probe is not None
print("started", flush=True)
sys.stdin.readline()
print(probe.armament.level, probe.armament.wrapped, flush=True)
djscope_probes.stop()
print("stopped", flush=True)
os._exit(0)
