"""Where all threads are, without hanging the process.

CPython 3.11's `sys._current_frames()` allocates frame objects while it holds the lock on the
list of threads; if that starts a garbage collection in which a `threading.local` dies, which needs
the same lock, the process hangs for good (python/cpython#106883, not mended in 3.11). 3.10 has
its frame objects already, and from 3.12 on collections do not start in allocations.

The calling thread is left out: who holds the frames would be held by his own among them, and so
that circle would keep all other threads' frames, with all that is in them, until a collection.
"""

from __future__ import annotations

import gc
import sys
from types import FrameType

from djscope_probes.native import thread_id

Frames = dict[int, FrameType]


def current_frames() -> Frames:
    """Thread identifier → its innermost frame, of all threads but the calling one."""
    frames = _all_frames()
    frames.pop(thread_id(), None)
    return frames


def _all_frames() -> Frames:
    if sys.version_info[:2] != (3, 11) or not gc.isenabled():
        return sys._current_frames()
    gc.disable()
    try:
        return sys._current_frames()
    finally:
        gc.enable()
