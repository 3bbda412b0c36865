"""A process with a probe and nothing else: bare.py APP. It says so, and lasts until stdin ends."""

import sys

import djscope_probes

assert djscope_probes.start(app=sys.argv[1])
print("started", flush=True)
sys.stdin.read()
djscope_probes.stop()
