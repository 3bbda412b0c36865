"""Findings of many tests: the same one in forty of them is one, seen forty times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from djscope.model.schema import FindingOut, Line

_RANK = {"critical": 0, "warning": 1, "info": 2}


class Sightings:
    """By id; each as its worst test saw it."""

    def __init__(self) -> None:
        self.ran: set[Line] = set()
        self._worst: dict[str, FindingOut] = {}
        self._count: dict[str, int] = {}
        self._tests: dict[str, dict[str, None]] = {}

    def add(self, findings: Iterable[FindingOut], test: str) -> None:
        for each in findings:
            worst = self._worst.get(each.id)
            if worst is None or queries(each) > queries(worst):
                self._worst[each.id] = each
            self._count[each.id] = self._count.get(each.id, 0) + each.count
            if test:
                self._tests.setdefault(each.id, {})[test] = None

    def __iter__(self) -> Iterator[tuple[FindingOut, tuple[str, ...]]]:
        """Worst first: by severity, then by queries. Times of tests say nothing."""
        ranked = sorted(
            self._worst.values(),
            key=lambda each: (_RANK.get(each.severity, 3), -queries(each), each.where.short),
        )
        for each in ranked:
            each.count = self._count[each.id]
            yield each, tuple(sorted(self._tests.get(each.id, ())))


def queries(finding: FindingOut) -> float:
    """Of its worst unit."""
    n = finding.evidence.get("queries", 0)
    return n if isinstance(n, int | float) else 0
