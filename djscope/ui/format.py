"""Numbers as people read them: at most four significant characters and a unit."""

from __future__ import annotations

import time
from collections.abc import Callable

from djscope.model.histogram import Histogram

# Below this many samples a 95th percentile is the maximum in disguise.
ENOUGH = 20
NONE = "-"


def duration(us: float) -> str:
    """`85µs`, `3.4ms`, `340ms`, `1.2s`, `4m02s`, `3h05m`, `2d03h`."""
    if us <= 0:
        return NONE if us < 0 else "0"
    if us < 999.5:
        return f"{us:.0f}µs"
    if us < 999_500:
        return f"{_short(us / 1e3)}ms"
    if us < 59_950_000:
        return f"{_short(us / 1e6)}s"
    return _long(int(us / 1e6))


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def _long(seconds: int) -> str:
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    if seconds < 86_400:
        return f"{seconds // 3600}h{seconds // 60 % 60:02}m"
    return f"{seconds // 86_400}d{seconds // 3600 % 24:02}h"


def count(n: float) -> str:
    """`940`, `12.4k`, `3.1M`."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(n) >= limit:
            return f"{n / (1e3 if unit == 'k' else limit):.1f}{unit}"
    return f"{n:.0f}" if float(n).is_integer() else f"{n:.1f}"


def size(n: float) -> str:
    """`512B`, `4.2kB`, `88MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(n) < 999.5 or unit == "GB":
            break
        n /= 1000
    return f"{n:.0f}{unit}" if unit == "B" else f"{_short(n)}{unit}"


def percent(part: float, whole: float) -> str:
    """`0.4%`, `12%`; nothing of nothing is `-`."""
    if not whole:
        return NONE
    share = 100 * part / whole
    return f"{share:.0f}%" if share >= 9.95 or not share else f"{share:.1f}%"


def many(n: float, word: str) -> str:
    """`1 request`, `25 requests`, `2 processes`."""
    ending = "" if n == 1 else "es" if word.endswith("s") else "s"
    return f"{count(n)} {word}{ending}"


def silence(seconds: float) -> str:
    """Under a second it is none."""
    return duration(seconds * 1e6) if seconds >= 1 else NONE


def ago(seconds: float) -> str:
    """`just now`, `4.0s ago`."""
    return f"{duration(seconds * 1e6)} ago" if seconds >= 1 else "just now"


def span(first: float, last: float) -> str:
    """`12:00:00 to 12:01:30`."""
    begin, end = clock(first), clock(last)
    return begin if begin == end else f"{begin} to {end}"


def per_second(rate: float) -> str:
    """`0.4/s`, `312/s`."""
    if not rate:
        return "0/s"
    return f"{_short(rate)}/s" if rate < 10_000 else f"{count(rate)}/s"


def clock(at: float) -> str:
    """Local time of day; what a process says may be no time at all."""
    try:
        return time.strftime("%H:%M:%S", time.localtime(at)) if at > 0 else NONE
    except (OverflowError, OSError, ValueError):
        return NONE


def quantile(hist: Histogram, q: float, top_us: int) -> int:
    """Microseconds; a histogram knows its buckets only, the largest value is known better."""
    return min(hist.quantile(q), top_us)


def p95(hist: Histogram, top_us: int) -> str:
    """`-` while it would mean nothing."""
    return duration(quantile(hist, 0.95, top_us)) if hist.n >= ENOUGH else NONE


def quantiles(hist: Histogram, top_us: int) -> str:
    """`p50 ≈ 2.0ms · p95 ≈ 15ms · max 21ms (n=120)`."""
    tail = f" · p95 ≈ {p95(hist, top_us)}" if hist.n >= ENOUGH else ""
    p50 = duration(quantile(hist, 0.5, top_us))
    return f"p50 ≈ {p50}{tail} · max {duration(top_us)} (n={count(hist.n)})"


_UNITS: dict[str, Callable[[float], str]] = {
    "us": duration,
    "ms": lambda value: duration(value * 1e3),
    "s": lambda value: duration(value * 1e6),
    "bytes": size,
}


def measure(name: str, value: str | float) -> tuple[str, str]:
    """A name in words and its value: the unit moves from the one (`total_ms`) to the other."""
    words = name.replace("_", " ").split(" ")
    unit = next((word for word in words if word in _UNITS), "")
    label = " ".join(word for word in words if word != unit)
    if isinstance(value, str):
        return label, value
    if unit:
        return label, _UNITS[unit](value)
    return label, f"{value:,}".replace(",", " ") if isinstance(value, int) else f"{value:.3g}"
