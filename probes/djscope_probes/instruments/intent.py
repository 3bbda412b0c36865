"""What a thread is about to query for: left by the doors of the ORM, taken by the query hook."""

from __future__ import annotations

import threading
from typing import Any

from djscope_probes.groups import Evaluation, Group


class Rows:
    """A queryset about to produce rows; the query hook puts in the evaluation they belong to."""

    __slots__ = ("evaluation", "queryset")

    def __init__(self, queryset: Any) -> None:
        self.queryset = queryset
        self.evaluation: Evaluation | None = None


class Intent:
    """Set around one call, emptied by its first query: what that asks in turn is not meant.

    `lazy` is a foreign key field and the instance it is loaded for; `prefetch` the first instance
    and the name it is prefetched under. `group` is the last query's, for the rows it fetches.
    """

    __slots__ = ("group", "lazy", "prefetch", "rows")

    def __init__(self) -> None:
        self.rows: Rows | None = None
        self.lazy: tuple[Any, Any] | None = None
        self.prefetch: tuple[Any, str] | None = None
        self.group: Group | None = None


class Hand(threading.local):
    """Each thread's (under gevent each greenlet's) own."""

    def __init__(self) -> None:
        self.intent = Intent()
