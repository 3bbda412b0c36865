"""How far back the channel reaches: so many bytes, so many seconds, for all processes together."""

from __future__ import annotations

from djscope_probes.resp import Reply

# The channel's bounds, for the whole app; Redis needs about 1.3 times the payload.
CHANNEL_BYTES = 8_000_000
CHANNEL_SECONDS = 120
OVERHEAD = 1.3
# Processes reckon Redis's time differently by less; seconds further ahead are of before Redis's
# clock was set back.
AHEAD_S = 10

Id = tuple[int, int]


class Bounds:
    """`cut` is the id of the oldest entry to be kept.

    Bytes are summed by seconds as probes reckon them. Ids are Redis's time only while nobody sets
    its clock: set back, it goes on with the id it had (Redis 5 and later). So where a second begins
    in the stream is told by what was written in it.
    """

    def __init__(self) -> None:
        self._cut: Id = (0, 0)
        # The first id of each second that something was written in, oldest id first.
        self._written: dict[int, Id] = {}

    @property
    def cut(self) -> str:
        return f"{self._cut[0]}-{self._cut[1]}"

    def wrote(self, second: int, entry_id: bytes) -> None:
        """An entry was added."""
        if second not in self._written:
            kept = {when: at for when, at in self._written.items() if when <= second + AHEAD_S}
            self._written = {**kept, second: pair(entry_id)}

    def move(self, sizes: Reply, second: int) -> list[int]:
        """Cut where the newest seconds fill the bounds; returns seconds to forget."""
        if not isinstance(sizes, list):
            return []
        per_second = {int(sizes[i]): int(sizes[i + 1]) for i in range(0, len(sizes), 2)}
        ahead = [when for when in per_second if when > second + AHEAD_S]
        cut, total = second - CHANNEL_SECONDS, 0.0
        for when in sorted(per_second.keys() - ahead, reverse=True):
            total += per_second[when] * OVERHEAD
            if total > CHANNEL_BYTES:
                cut = max(cut, when + 1)
                break
        self._cut = self._begin_of(cut)
        return [*ahead, *(when for when in per_second if when < cut - 2)]

    def _begin_of(self, second: int) -> Id:
        """Its time as an id, if that is between what was written before it and since."""
        before = [when for when in self._written if when < second]
        for when in before[:-1]:
            del self._written[when]
        least = self._written[before[-1]] if before else (0, 0)
        since = [at for when, at in self._written.items() if when >= second]
        return max(least, min([(second * 1000, 0), *since[:1]]))


def pair(entry_id: bytes) -> Id:
    """A stream id in its order."""
    milliseconds, _, number = entry_id.partition(b"-")
    return int(milliseconds), int(number or 0)
