"""A process with a probe that does what stdin says: visitor.py APP. `join URL`, `older`.

Under Django's DEBUG, so that a Redis on this machine is trusted.
"""

import sys

from django.conf import settings

import djscope_probes
from djscope_probes import lifecycle, residence

settings.configure(DEBUG=True)
assert djscope_probes.start(app=sys.argv[1])
print("started", flush=True)
for line in sys.stdin:
    verb, _, rest = line.strip().partition(" ")
    if verb == "join":
        print("|".join(lifecycle.join(rest, None)), flush=True)
    elif verb == "older":
        marker = residence.resident()
        assert marker is not None
        marker.version, marker.wire = "0.0.1", 0
        print("aged", flush=True)
djscope_probes.stop()
