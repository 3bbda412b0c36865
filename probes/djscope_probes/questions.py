"""What viewers say on control: fixed verbs, none of which runs code."""

from __future__ import annotations

from djscope_probes import sources, threads, wire
from djscope_probes.arming import Armament


def answers(
    words: list[str], process: str, armament: Armament, *, source: bool = False
) -> list[str]:
    """Events that answer those of `words` that are for this process.

    `need ID …`: send definitions again. `stacks PROCESS REQUEST`: where every thread stands.
    `source PROCESS REQUEST LINE FILE`: lines of a file, where `source` is allowed.
    """
    events: list[str] = []
    for word in words:
        verb, _, rest = word.partition(" ")
        if verb == "need":
            armament.defs.needed(rest.split())
            continue
        name, _, rest = rest.partition(" ")
        request, _, rest = rest.partition(" ")
        if name != process or not request:
            continue
        try:
            if verb == "stacks":
                taken = threads.take(request, armament.ledger.running.values(), armament.defs)
                events.append(wire.event_json(taken))
            sent = sources.answer(word, armament.defs.files, allowed=source)
            if sent is not None:
                events.append(wire.event_json(sent))
        except Exception:
            armament.guard.failed()
    return events
