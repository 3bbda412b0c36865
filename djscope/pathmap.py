"""`--map REMOTE=LOCAL`: where this machine has the files that processes name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from posixpath import normpath

from djscope.errors import UsageError


class PathMap:
    """Directories of processes and ours for them; the longest that fits counts."""

    def __init__(self, pairs: Iterable[tuple[str, Path]] = ()) -> None:
        self._pairs = sorted(pairs, key=lambda pair: len(pair[0]), reverse=True)

    def local(self, file: str) -> Path:
        """Where a process's `file` is here; under its own name unless it is mapped.

        A process may name anything: `..` leads out of no directory that was mapped.
        """
        file = normpath(file)
        for remote, directory in self._pairs:
            if file.startswith(f"{remote}/"):
                return directory / file[len(remote) + 1 :]
        return Path(file)


def path_map(texts: Iterable[str]) -> PathMap:
    """`/app=.` and the like."""
    pairs = []
    for text in texts:
        remote, sign, local = text.partition("=")
        if not sign or not remote or not local:
            raise UsageError(f"--map {text} is no REMOTE=LOCAL: write for example --map /app=.")
        if not PurePosixPath(remote).is_absolute():
            raise UsageError(
                f"--map {text}: {remote} has to be a directory as the processes name it,"
                " beginning with /"
            )
        directory = Path(local).expanduser()
        if not directory.is_dir():
            raise UsageError(
                f"--map {text}: {local} is no directory here: name the one that has the sources"
            )
        pairs.append((remote.rstrip("/"), directory.absolute()))
    return PathMap(pairs)
