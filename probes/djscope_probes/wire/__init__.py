"""What travels between probe and viewer: shapes, ids, keys. Standard library only.

Every shape is a `NamedTuple` that travels as a JSON array, in field order. A new field goes to the
end with a default, so that either side may be the older one; a change of meaning raises
`WIRE_VERSION`. An event is its shape's array behind one more element, the kind: `["request", …]`.

Units: `*_us` microseconds, `*_at` and `started` Unix seconds by the sender's clock. `…_id` names a
definition (SQL text, stack, site, name): a content hash whose value lives once per app in
`Keys.defs`; an empty id means "none".
"""

from __future__ import annotations

from djscope_probes.wire.encoding import (
    CHANGED,
    definition_id,
    dumps,
    event_json,
    frame_json,
    source_digest,
)
from djscope_probes.wire.events import (
    KIND_OF,
    KINDS,
    Block,
    Event,
    Frame,
    LoopReported,
    ProbeReported,
    RequestRecorded,
    SourceSent,
    StacksTaken,
    TaskRecorded,
    ThreadStack,
    WorkRecorded,
)
from djscope_probes.wire.keys import (
    APPS_STALE_S,
    DEFS_CAP,
    FRAME_BYTES,
    GROUPS_PER_UNIT,
    LEASE_SLOTS,
    LEASE_TTL_MS,
    OPERATIONS_PER_UNIT,
    PROCESS_STALE_S,
    ROOM_BYTES,
    TEXT_BYTES,
    WIRE_VERSION,
    WITHHELD,
    Keys,
)
from djscope_probes.wire.presence import Lease, Process, Target
from djscope_probes.wire.requests import Hop, Layer, Payload, Span
from djscope_probes.wire.units import Group, Operation, Relation, StackFrame, Unit

__all__ = [
    "APPS_STALE_S", "CHANGED", "DEFS_CAP", "FRAME_BYTES", "GROUPS_PER_UNIT", "KINDS", "KIND_OF",
    "LEASE_SLOTS", "LEASE_TTL_MS", "OPERATIONS_PER_UNIT", "PROCESS_STALE_S", "ROOM_BYTES",
    "TEXT_BYTES", "WIRE_VERSION", "WITHHELD", "Block", "Event", "Frame", "Group", "Hop", "Keys",
    "Layer", "Lease", "LoopReported", "Operation", "Payload", "ProbeReported", "Process",
    "Relation", "RequestRecorded", "SourceSent", "Span", "StackFrame", "StacksTaken", "Target",
    "TaskRecorded", "ThreadStack", "Unit", "WorkRecorded", "definition_id", "dumps",
    "event_json", "frame_json", "source_digest",
]  # fmt: skip
