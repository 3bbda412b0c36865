"""Where a laptop without Redis meets: a viewer's embedded server leaves its address in a file.

The file is the user's own (0600, in the runtime directory); a probe looks for it only under DEBUG.
"""

from __future__ import annotations

import json
import os
import tempfile

NAME = "endpoint.json"


def path() -> str:
    """The one place where both sides look: in the directory of `djscope.children`."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return os.path.join(runtime, "djscope", NAME)
    return os.path.join(tempfile.gettempdir(), f"djscope-{os.getuid()}", NAME)


def read() -> str:
    """The URL of a server whose viewer is alive, else an empty string."""
    try:
        with open(path(), encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or status.st_mode & 0o077:
                return ""
            found = json.load(file)
        os.kill(int(found["owner"]), 0)
        return str(found["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
