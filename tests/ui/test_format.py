"""Numbers as people read them."""

from __future__ import annotations

import pytest

from djscope.model.histogram import Histogram
from djscope.ui import format as fmt
from tests.builders import NOON


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (-1, "-"), (0, "0"), (0.6, "1µs"), (85, "85µs"), (999, "999µs"), (999.7, "1.0ms"),
        (3_400, "3.4ms"), (9_960, "10ms"), (340_000, "340ms"), (999_400, "999ms"),
        (999_600, "1.0s"), (1_200_000, "1.2s"), (59_940_000, "60s"), (242_000_000, "4m02s"),
        (11_100_000_000, "3h05m"), (183_600_000_000, "2d03h"),
    ],
)  # fmt: skip
def test_duration(us: float, text: str) -> None:
    """A duration has at most two significant digits more than its unit."""
    assert text == fmt.duration(us)


@pytest.mark.parametrize(
    ("n", "text"),
    [(0, "0"), (7, "7"), (2.5, "2.5"), (9_999, "9999"), (12_400, "12.4k"), (3.1e6, "3.1M"),
     (2e9, "2.0G")],
)  # fmt: skip
def test_count(n: float, text: str) -> None:
    """Counts up to four digits are exact."""
    assert text == fmt.count(n)


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0B"), (512, "512B"), (4_200, "4.2kB"), (88e6, "88MB"), (3e12, "3000GB")]
)
def test_size(n: float, text: str) -> None:
    """Bytes count in thousands."""
    assert text == fmt.size(n)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "-"), (0, 9, "0%"), (1, 250, "0.4%"), (12, 100, "12%"), (3, 3, "100%")],
)
def test_percent(part: float, whole: float, text: str) -> None:
    """A share of nothing is not zero."""
    assert text == fmt.percent(part, whole)


def test_clock_and_span() -> None:
    """Times are local; one moment is not a span."""
    assert fmt.clock(NOON) == "12:00:00"
    assert fmt.clock(0) == "-"
    assert fmt.span(NOON, NOON + 0.4) == "12:00:00"
    assert fmt.span(NOON, NOON + 90) == "12:00:00 to 12:01:30"


def test_p95_needs_samples() -> None:
    """No 95th percentile below 20 samples, and never more than the maximum."""
    hist = Histogram()
    for _ in range(19):
        hist.add(1_100)

    assert fmt.p95(hist, 1_100) == "-"
    assert "p95" not in fmt.quantiles(hist, 1_100)

    hist.add(1_100)

    assert fmt.p95(hist, 1_100) == "1.1ms"
    assert fmt.quantiles(hist, 1_100) == "p50 ≈ 1.1ms · p95 ≈ 1.1ms · max 1.1ms (n=20)"


@pytest.mark.parametrize(
    ("name", "value", "label", "text"),
    [
        ("queries per unit (p50)", 21, "queries per unit (p50)", "21"),
        ("total_ms", 1050.0, "total", "1.1s"),
        ("ms_per_unit", 42.5, "per unit", "42ms"),
        ("wall ms (mean)", 340, "wall (mean)", "340ms"),
        ("age s", 75, "age", "1m15s"),
        ("body_bytes", 88_000_000, "body", "88MB"),
        ("requests", 4120, "requests", "4 120"),
        ("share", 0.123456, "share", "0.123"),
        ("why", "same SQL", "why", "same SQL"),
    ],
)
def test_measure(name: str, value: float | str, label: str, text: str) -> None:
    """Evidence is named in words, its unit stands with the number."""
    assert (label, text) == fmt.measure(name, value)


@pytest.mark.parametrize(
    ("n", "word", "text"),
    [(1, "request", "1 request"), (2, "task", "2 tasks"), (0, "process", "0 processes")],
)
def test_many(n: int, word: str, text: str) -> None:
    """One is singular, none is not."""
    assert text == fmt.many(n, word)
