"""How far back the channel reaches, whatever the time, and how events are packed into frames."""

from __future__ import annotations

import pytest

from djscope_probes.bounds import CHANNEL_BYTES, Bounds, pair
from djscope_probes.outbox import packed
from djscope_probes.wire import FRAME_BYTES

NOON, MB = 1_750_000_000, 1_000_000


@pytest.mark.parametrize("step", [0, 3_600, -3_600])
@pytest.mark.parametrize("after", [0, 45])
def test_the_channel_is_bounded_whatever_redis_s_clock_does(step: int, after: int) -> None:
    """It is set at second 30, and the probe hears of it at once, or later: the newest seconds are
    kept, within the bounds. Set back, a stream goes on with the time it had.
    """
    bounds, stream, sizes = Bounds(), [], dict[int, int]()
    for at in range(NOON, NOON + 300):
        told = at + (step if at >= NOON + 30 + after else 0)
        clock = at + (step if at >= NOON + 30 else 0)
        last = stream[-1] if stream else (0, 0)
        stream.append(max((clock * 1000, 0), (last[0], last[1] + 1)))
        sizes[told] = sizes.get(told, 0) + MB
        bounds.wrote(told, b"%d-%d" % stream[-1])
        for second in bounds.move([x for item in sizes.items() for x in item], told):
            del sizes[second]
        cut = pair(bounds.cut.encode())
        stream = [entry for entry in stream if entry >= cut]
        assert len(stream) * MB <= 2 * CHANNEL_BYTES, at - NOON

    assert 6 <= len(stream) <= 7


def test_frames_stay_below_the_limit() -> None:
    """Events are packed in order; one that fits no frame is left out."""
    events = [f'["{n}' + "x" * 3_000 + '"]' for n in range(20)]
    batches = packed([*events, "z" * FRAME_BYTES])

    assert [event for batch in batches for event in batch] == events
    assert all(sum(map(len, batch)) < FRAME_BYTES for batch in batches)
