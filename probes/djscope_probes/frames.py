"""Where all threads are, without hanging the process.

CPython 3.11's `sys._current_frames()` allocates frame objects while it holds the lock on the
list of threads; if that starts a garbage collection in which a `threading.local` dies, which needs
the same lock, the process hangs for good (python/cpython#106883, not mended in 3.11). 3.10 has
its frame objects already, and from 3.12 on collections do not start in allocations.
"""

from __future__ import annotations

import gc
import sys
from types import FrameType

Frames = dict[int, FrameType]


def current_frames() -> Frames:
    """Thread identifier → its innermost frame."""
    if sys.version_info[:2] != (3, 11) or not gc.isenabled():
        return sys._current_frames()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        gc.enable()
