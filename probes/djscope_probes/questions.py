"""What viewers say on control: fixed verbs, none of which runs code."""

from __future__ import annotations

from djscope_probes import threads, wire
from djscope_probes.arming import Armament


def answers(words: list[str], process: str, armament: Armament) -> list[str]:
    """Events that answer those of `words` that are for this process.

    `need ID …`: send definitions again. `stacks PROCESS REQUEST`: where every thread stands.
    """
    events: list[str] = []
    for word in words:
        verb, _, rest = word.partition(" ")
        if verb == "need":
            armament.defs.needed(rest.split())
            continue
        name, _, rest = rest.partition(" ")
        request, _, rest = rest.partition(" ")
        if name == process and verb == "stacks" and request:
            try:
                taken = threads.take(request, armament.ledger.running.values(), armament.defs)
                events.append(wire.event_json(taken))
            except Exception:
                armament.guard.failed()
    return events
