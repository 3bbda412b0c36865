"""Whose is a file: the project's, or a library's, the interpreter's, ours?

By its path, unless the host says otherwise (`LIBRARIES`, `PROJECT`). Names of packages become paths
when they are loaded: code that runs is.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator

from djscope_probes.told import is_file

OUR_FILES = __file__.rpartition("/")[0] + "/"
_LIBRARY_DIRS = tuple(
    {
        path.rstrip("/") + "/"
        for key in ("stdlib", "platstdlib")
        if (path := sysconfig.get_path(key))
    }
)
_LIBRARY_PARTS = ("/site-packages/", "/dist-packages/", "/lib/python3")
# What a process is set up with, whoever named it.
_NEVER_PROJECT = frozenset({"django", "djscope_probes"})

_libraries: tuple[str, ...] = ()
_project: tuple[str, ...] = ()


def settle(libraries: tuple[str, ...], project: tuple[str, ...]) -> bool:
    """What the host says: paths (with a `/` in them) or packages; whether that is new."""
    global _libraries, _project
    project = tuple(name for name in project if name not in _NEVER_PROJECT)
    if (libraries, project) == (_libraries, _project):
        return False
    _libraries, _project = libraries, project
    return True


def is_app_file(filename: str) -> bool:
    """Whether a file is the project's."""
    if not is_file(filename) or filename.startswith(OUR_FILES):
        return False
    if any(within(filename, name) is not None for name in _libraries):
        return False
    # A project's directory may hold the environment with all its libraries.
    inside = (within(filename, name) for name in _project)
    if any(rest is not None and not _in_library(f"/{rest}") for rest in inside):
        return True
    return not filename.startswith(_LIBRARY_DIRS) and not _in_library(filename)


def _in_library(path: str) -> bool:
    return any(part in path for part in _LIBRARY_PARTS)


def within(filename: str, name: str) -> str | None:
    """The rest of a path below a directory, a package or a module; None if it is not in there.

    An absolute directory counts from the root, `vendor/` wherever a path has such a part.
    """
    if "/" in name:
        part = f"{name.rstrip('/')}/"
        if part.startswith("/"):
            return filename[len(part) :] if filename.startswith(part) else None
        _, found, rest = filename.partition(f"/{part}")
        return rest if found else None
    for place in places(name):
        if filename == place:
            return ""
        if filename.startswith(f"{place}/"):
            return filename[len(place) + 1 :]
    return None


def places(package: str) -> Iterator[str]:
    """Directories of a loaded package, the file of a loaded module."""
    module = sys.modules.get(package)
    if module is None:
        return
    found = getattr(module, "__path__", None)
    if found is not None:
        yield from (str(directory).rstrip("/") for directory in found)
    elif file := getattr(module, "__file__", None):
        yield str(file)
