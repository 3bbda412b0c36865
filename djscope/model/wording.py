"""Numbers as sentences carry them."""

from __future__ import annotations

UNIT_WORDS = frozenset({"request", "task", "command", "thread", "call"})
# What is nobody's route and nobody's task is named with its kind.
OTHER_WORK = frozenset({"command", "thread"})


def unit_word(kind: str) -> str:
    """What a unit is called in a sentence."""
    return kind if kind in UNIT_WORDS else "unit"


def unit_name(kind: str, name: str) -> str:
    """`books/`, `shop.tasks.report`, but `command migrate` and `thread Thread-4`."""
    return f"{kind} {name}" if kind in OTHER_WORK else name


def amount(n: int) -> str:
    """`4 120`: thousands apart, so that digits need no counting."""
    return f"{n:,}".replace(",", " ")


def number(n: int, word: str) -> str:
    """`1 process`, `3 processes`."""
    if n != 1:
        word = (
            f"{word[:-1]}ies" if word.endswith("y") else word + ("es" if word[-1] == "s" else "s")
        )
    return f"{amount(n)} {word}"


def each(kind: str, of: int) -> str:
    """`per request (p50 of 26)`; of a single one there is no median: `in one request`."""
    word = unit_word(kind)
    return f"in one {word}" if of == 1 else f"per {word} (p50 of {amount(of)})"


def milliseconds(us: float) -> str:
    """`640 ms`, `1.2 s`, `85 µs`."""
    if us >= 1_000_000:
        return f"{us / 1e6:.1f} s"
    return f"{us / 1000:.0f} ms" if us >= 1000 else f"{us:.0f} µs"


def size(n: int) -> str:
    """`640 B`, `12 kB`, `3.1 MB`, `88 MB`."""
    if n < 1000:
        return f"{n} B"
    value, unit = (n / 1e3, "kB") if n < 999_500 else (n / 1e6, "MB")
    return f"{value:.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"


def seconds(s: float) -> str:
    """`41 s`, `4m02s`, `3h12m`."""
    whole = int(s)
    if whole < 90:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
