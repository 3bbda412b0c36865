"""Which scenario must lead to which finding, at which line: what tests and headless runs compare.

Reads the sources beside it and imports nothing of the shop, so it works outside Django.
"""

import re
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

SHOP = Path(__file__).parent
SOURCES = ("scenarios/*.py", "templates/shop/*.html")
MARK = re.compile(r"# (finding|origin|finding, origin): (\w+)(?: #})?$")


class Expected(NamedTuple):
    scenario: str
    kind: str
    unit: Literal["request", "task"]
    name: str  # part of the route or task name
    file: str  # relative to the project
    lines: frozenset[int]  # any of them is right
    origin: int | None


# A scenario is called after its kind; what follows the kind tells variants apart.
KINDS = {
    "n_plus_one": "n_plus_one",
    "n_plus_one_reverse": "n_plus_one",
    "n_plus_one_async": "n_plus_one",
    "n_plus_one_task": "n_plus_one",
    "n_plus_one_chain": "n_plus_one",
    "n_plus_one_nested": "n_plus_one",
    "n_plus_one_many": "n_plus_one",
    "n_plus_one_one_to_one": "n_plus_one",
    "n_plus_one_generic": "n_plus_one",
    "n_plus_one_generic_relation": "n_plus_one",
    "n_plus_one_deferred": "n_plus_one",
    "n_plus_one_count": "n_plus_one",
    "n_plus_one_exists": "n_plus_one",
    "n_plus_one_first": "n_plus_one",
    "n_plus_one_filter": "n_plus_one",
    "n_plus_one_template": "n_plus_one",
    "n_plus_one_serializer": "n_plus_one",
    "n_plus_one_admin": "n_plus_one",
    "prefetch_bypassed": "prefetch_bypassed",
    "per_instance_prefetch": "per_instance_prefetch",
    "query_loop": "query_loop",
    "query_loop_cursor": "query_loop",
    "query_loop_save": "query_loop",
    "query_loop_create": "query_loop",
    "duplicate_query": "duplicate_query",
    "slow_query": "slow_query",
    "request_failing": "request_failing",
    "request_stuck": "request_stuck",
    "slow_request": "slow_request",
    "slow_request_async": "slow_request",
    "slow_middleware": "slow_middleware",
    "request_failing_async": "request_failing",
    "hop_wait": "hop_wait",
    "loop_blocked": "loop_blocked",
    "loop_blocked_computing": "loop_blocked",
    "body_buffered": "body_buffered",
    "body_buffered_middleware": "body_buffered",
    "large_response": "large_response",
    "task_failing": "task_failing",
    "task_stuck": "task_stuck",
}
HEALTHY = "healthy"  # part of the name of every route and task that must stay free of findings


@cache
def expected() -> tuple[Expected, ...]:
    """One entry per scenario, in the order of the table above."""
    marks = list(_marks())
    found = []
    for scenario, kind in KINDS.items():
        file = next(file for file, mark, name, _ in marks if (mark, name) == ("finding", scenario))
        lines = frozenset(n for _, mark, name, n in marks if (mark, name) == ("finding", scenario))
        origins = [n for _, mark, name, n in marks if (mark, name) == ("origin", scenario)]
        in_task = file.endswith("/tasks.py")
        # Routes end with a slash: /n_plus_one/ must not stand for /n_plus_one_reverse/.
        name = f".{scenario}" if in_task else f"{scenario}/"
        unit: Literal["request", "task"] = "task" if in_task else "request"
        found.append(Expected(scenario, kind, unit, name, file, lines, next(iter(origins), None)))
    return tuple(found)


def _marks():
    """Every marker as (file, finding or origin, scenario, line number)."""
    for path in sorted(path for pattern in SOURCES for path in SHOP.glob(pattern)):
        file = path.relative_to(SHOP.parent).as_posix()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := MARK.search(line):
                for mark in match[1].split(", "):
                    yield file, mark, match[2], number
