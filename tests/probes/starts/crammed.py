"""A host that cannot start threads when Django is set up, and can later. Prints what came of it."""

import _thread
import time

import django
from django.conf import settings

import djscope_probes
from djscope_probes import residence

settings.configure(
    INSTALLED_APPS=["djscope_probes"], DJSCOPE={"REDIS_URL": "redis://127.0.0.1:1/0"}
)
# Room that no system has: refused as at the limit of processes, which does not hold for root.
before = _thread.stack_size(2**46)
django.setup()
print("up", residence.resident() is not None, djscope_probes.start(), _thread._count())
_thread.stack_size(before)
print("later", djscope_probes.start(), residence.resident() is not None, flush=True)
while not _thread._count():
    time.sleep(0.01)
djscope_probes.stop()
print("stopped")
