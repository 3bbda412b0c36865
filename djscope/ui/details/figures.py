"""What queries took: in all, over the last minute, and how often in each unit."""

from __future__ import annotations

from djscope.model.histogram import Histogram
from djscope.model.tally import Tally
from djscope.ui import format as fmt
from djscope.ui.draw import spark


def how_often(tally: Tally, word: str) -> str:
    """`524 in 25 requests; per request 20 to 22, p50 21 (last 25)`."""
    counts = sorted(tally.per_unit())
    if not counts:
        return ""
    within = f"{counts[0]} to {counts[-1]}, " if counts[0] != counts[-1] else ""
    each = f"per {word} {within}p50 {tally.median_per_unit()} (last {len(counts)})"
    return f"{fmt.count(tally.n)} in {fmt.many(tally.units, word)}; {each}"


def how_long(tally: Tally) -> str:
    """`1.0s in all · p50 ≈ 1.5ms · p95 ≈ 2.0ms · max 2.0ms (n=524)`."""
    return f"{fmt.duration(tally.total_us)} in all · {fmt.quantiles(tally.hist, tally.max_us)}"


def lately(tally: Tally, word: str, now: float) -> str:
    """The same of the last minute."""
    window = tally.lately(now)
    if not window.n:
        return f"none in the last minute; the last at {fmt.clock(tally.last_at)}"
    tail = f" · p95 ≈ {fmt.p95(window.hist, tally.max_us)}" if window.hist.n >= fmt.ENOUGH else ""
    p50 = fmt.duration(fmt.quantile(window.hist, 0.5, tally.max_us))
    return (
        f"{fmt.count(window.n)} in {fmt.many(window.units, word)} in the last minute ·"
        f" {fmt.duration(window.total_us)} · p50 ≈ {p50}{tail}"
    )


def spread(hist: Histogram) -> str:
    """Durations as bars, one per power of two."""
    used = [bucket for bucket, n in enumerate(hist.counts) if n > 0]
    if not used:
        return ""
    low, high = used[0], used[-1]
    bars = spark(hist.counts[low : high + 1], high - low + 1)
    return f"{fmt.duration((1 << low) >> 1)} {bars} {fmt.duration(1 << high)}"


def rows(tally: Tally, database: str = "") -> str:
    """`524 (1 per query), 1.0ms to fetch, database default`."""
    where = f", database {database}" if database else ""
    if tally.rows < 0:
        return where.removeprefix(", ")
    each = fmt.count(round(tally.rows / tally.n, 1)) if tally.n else "0"
    fetch = f", {fmt.duration(tally.fetch_us)} to fetch" if tally.fetch_us else ""
    return f"{fmt.count(tally.rows)} ({each} per query){fetch}{where}"
