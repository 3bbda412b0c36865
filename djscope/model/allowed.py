"""The allow-list: findings that somebody decided to live with, by kind, relation, site or route."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from djscope.model.schema import FindingOut


@dataclass(frozen=True, slots=True)
class Allow:
    """What is given has to fit, all of it; with `*` and `?` as in file names.

    `site`: the end of a path, or of one with a function: `shop/views.py:card`.
    """

    reason: str
    kind: str = ""
    relation: str = ""
    site: str = ""
    route: str = ""

    @property
    def named(self) -> str:
        """What it is about: `relation Book.author, route books/`."""
        said = (("kind", self.kind), ("relation", self.relation), ("site", self.site))
        return ", ".join(f"{key} {text}" for key, text in (*said, ("route", self.route)) if text)

    def covers(self, finding: FindingOut) -> bool:
        """Whether it is about `finding`."""
        return (
            fits(finding.kind, self.kind)
            and fits(finding.relation or "", self.relation)
            and fits(finding.unit, self.route)
            and self._at(finding)
        )

    def _at(self, finding: FindingOut) -> bool:
        if not self.site:
            return True
        path, _, function = self.site.partition(":")
        for place in (finding.where, finding.origin):
            if place is None:
                continue
            named = (place.function, place.function.rpartition(".")[2])
            here = fnmatchcase(place.file, path) or fnmatchcase(place.file, f"*/{path}")
            if here and (not function or any(fnmatchcase(name, function) for name in named)):
                return True
        return False


def fits(text: str, pattern: str) -> bool:
    """No pattern fits everything. A route may hold what reads as a pattern: itself fits."""
    return not pattern or text == pattern or fnmatchcase(text, pattern)
