"""Classes as lines of a stack: the file they are defined in, and their name.

Before Python 3.13 a class does not know its line: then it is 0, and whoever tells it looks it up in
the source, see `classlines`.
"""

from __future__ import annotations

import sys

from djscope_probes.ownership import is_app_file
from djscope_probes.wire import StackFrame


def name_of_class(found: type) -> str:
    """Without what it is local to."""
    return found.__qualname__.rpartition("<locals>.")[2]


def frame_of_class(found: type, field: str = "") -> StackFrame:
    """`class Name`, or `field Name.field`. No file if its module has none (a notebook, a REPL)."""
    file = str(getattr(sys.modules.get(found.__module__), "__file__", None) or "")
    line = found.__dict__.get("__firstlineno__", 0)
    name = name_of_class(found)
    return StackFrame(
        file,
        line if type(line) is int else 0,
        f"field {name}.{field}" if field else f"class {name}",
        bool(file) and is_app_file(file),
    )
