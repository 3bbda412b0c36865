"""Limits of the wire, and the Redis keys of one app."""

from __future__ import annotations

WIRE_VERSION = 1

# One XADD carries less than this: Valkey 9 does not enforce output limits on larger payloads.
FRAME_BYTES = 16_000
# Longer SQL texts and stacks are cut; more groups in a unit than this are summed in `other`.
TEXT_BYTES = 8_000
GROUPS_PER_UNIT = 64
OPERATIONS_PER_UNIT = 64
DEFS_CAP = 20_000
LEASE_SLOTS = 8
LEASE_TTL_MS = 5_000
# A process not heard of for this long is gone.
PROCESS_STALE_S = 75
APPS_STALE_S = 7 * 24 * 3600
# A server that refuses writes when full, and has less than this left, gets nothing from us: more
# than the channel of an app ever takes, so that we are never what fills it.
ROOM_BYTES = 12_000_000
WITHHELD = "withheld: cap"


class Keys:
    """The Redis keys of one app. All share one hash tag, so that a Cluster keeps them together."""

    apps = "{djscope}:apps"

    def __init__(self, app: str) -> None:
        base = "{djscope}:" + app + ":"
        self.procs = base + "procs"
        self.events = base + "events"
        self.bytes = base + "bytes"
        self.defs = base + "defs"
        self.control = base + "control"
        self.leases = tuple(f"{base}lease:{slot}" for slot in range(LEASE_SLOTS))
