"""Durations in powers of two: small, mergeable, good for quantiles within a factor of 1.5."""

from __future__ import annotations

from collections.abc import Iterable

BUCKETS = 48


class Histogram:
    """Counts by bit length of the microseconds, as probes send them."""

    __slots__ = ("counts", "n")

    def __init__(self) -> None:
        self.counts = [0] * BUCKETS
        self.n = 0

    def add(self, us: int) -> None:
        """Count one duration of `us` microseconds."""
        self.counts[min(us.bit_length(), BUCKETS - 1)] += 1
        self.n += 1

    def merge(self, sparse: Iterable[tuple[int, int]]) -> None:
        """Add pairs of (bucket, count), from a probe that may have more buckets."""
        counts, n = self.counts, 0
        for bucket, count in sparse:
            counts[bucket if 0 <= bucket < BUCKETS else max(0, min(bucket, BUCKETS - 1))] += count
            n += count
        self.n += n

    def quantile(self, q: float, most: int = 1 << 62) -> int:
        """The `q` quantile in microseconds, interpolated inside its bucket; 0 without data.

        `most` is the largest value counted, where that is known.
        """
        if self.n == 1 and most < 1 << 62:
            return most
        rank = q * self.n
        below = 0
        for bucket, count in enumerate(self.counts):
            if count > 0 and below + count >= rank:
                low, high = (1 << bucket) >> 1, 1 << bucket
                return min(int(low + (high - low) * max(rank - below, 0) / count), most)
            below += max(count, 0)
        return 0
