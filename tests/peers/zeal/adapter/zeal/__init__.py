"""django-zeal's interface over `djscope.testing.capture()`: its own tests run against this.

What is an N+1 is for djscope to say, see `verdicts`. Here is what zeal puts around that: contexts,
allow lists, the moment and the words of an error.
"""

from zeal.errors import NPlusOneError, UnusedIgnoreError, ZealError
from zeal.listeners import setup, teardown, zeal_context, zeal_ignore

__all__ = [
    "NPlusOneError",
    "UnusedIgnoreError",
    "ZealError",
    "setup",
    "teardown",
    "zeal_context",
    "zeal_ignore",
]
