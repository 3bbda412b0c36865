"""From how many, or how slow, a repetition is a finding: named as the finding is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Per unit, in the median one. Time ranks findings and never hides one: only `slow_query` has
    any.

    `n_plus_one`: lazy loads through one relation from the rows of one queryset; also for
    `per_instance_prefetch` and `prefetch_bypassed`. `query_loop`: queries of one line that no
    relation explains. `duplicate_query`: the same query with the same parameters. `slow_query`:
    milliseconds that a query takes as a rule.
    """

    n_plus_one: int = 3
    query_loop: int = 5
    duplicate_query: int = 3
    slow_query: int = 200


DEFAULT = Thresholds()
NAMES = tuple(each.name for each in fields(Thresholds))


def parse(texts: Iterable[str], known: Thresholds = DEFAULT) -> Thresholds:
    """`known`, changed as `query_loop=10` and the like say; ValueError with a sentence."""
    for text in texts:
        name, _, number = text.strip().partition("=")
        if name not in NAMES:
            raise ValueError(f"there is no threshold {name!r}: choose from {', '.join(NAMES)}")
        if not number.isdecimal() or int(number) < 1:
            raise ValueError(f"threshold {text!r} needs a number from 1 on: write {name}=10")
        known = replace(known, **{name: int(number)})
    return known
