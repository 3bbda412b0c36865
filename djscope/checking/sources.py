"""Sources on this machine: the ignores in them, and their names relative to the checkout."""

from __future__ import annotations

from pathlib import Path

from djscope.model.ignores import Comments, comments
from djscope.pathmap import PathMap

LIMIT = 5_000_000


class Sources:
    """Each file is read once. What is not here has no ignores; `absent` says which."""

    def __init__(self, root: Path, paths: PathMap | None = None) -> None:
        self.root = root.resolve()
        self.absent: set[str] = set()
        self._paths = paths or PathMap()
        self._known: dict[str, Comments] = {}

    def text(self, file: str) -> str:
        """Empty where this machine has no such file."""
        path = self._paths.local(file)
        try:
            if path.is_file() and path.stat().st_size <= LIMIT:
                return path.read_text(encoding="utf-8", errors="replace")
        except (OSError, ValueError):
            pass
        if "/site-packages/" not in file:
            self.absent.add(file)
        return ""

    def comments(self, file: str) -> Comments:
        found = self._known.get(file)
        if found is None:
            found = self._known[file] = comments(file, self.text(file))
        return found

    def relative(self, file: str) -> str:
        """`shop/views.py` of the checkout; a path outside of it stays absolute."""
        path = self._paths.local(file)
        try:
            return path.resolve().relative_to(self.root).as_posix()
        except (OSError, ValueError):
            return path.as_posix()
