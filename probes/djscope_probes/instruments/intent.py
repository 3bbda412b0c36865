"""What a thread is about to query for: left by the doors of the ORM, taken by the query hook."""

from __future__ import annotations

import threading
from typing import Any

from djscope_probes.groups import Evaluation, Group, Repeat, Step, Touch


class Rows:
    """A queryset about to produce rows; the query hook puts in the evaluation they belong to.

    `joins`: `select_related` brings more along with each.
    """

    __slots__ = ("evaluation", "joins", "queryset")

    def __init__(self, queryset: Any) -> None:
        self.queryset = queryset
        self.joins = getattr(queryset.query, "select_related", False)
        self.evaluation: Evaluation | None = None


class Intent:
    """Set around one call, emptied by its first query: what that asks in turn is not meant.

    `lazy` is the step that an attribute access takes, and the instance it starts from; `touch`
    where a foreign key is touched, and `next` what is expected then; `repeat` when it is just
    that. `direct`: the one row is tagged by who asked for it, with `tag`. `prefetch` is the
    instances that a prefetch is for, its name, and whether they are all that a queryset gave (an
    iterator's chunk of one row, say). `refresh` becomes `lazy` with the queryset that reloads that
    field. `group` is the last query's, for the rows it fetches.
    """

    __slots__ = (
        "direct", "group", "lazy", "next", "prefetch", "refresh", "repeat", "rows", "tag", "touch",
    )  # fmt: skip

    def __init__(self) -> None:
        self.rows: Rows | None = None
        self.lazy: tuple[Step, Any] | None = None
        self.touch: Touch | None = None
        self.repeat: Repeat | None = None
        self.next: Repeat | None = None
        self.direct = False
        self.tag = 0
        self.prefetch: tuple[Any, str, bool] | None = None
        self.refresh: tuple[Step, Any] | None = None
        self.group: Group | None = None


class Hand(threading.local):
    """Each thread's (under gevent each greenlet's) own."""

    def __init__(self) -> None:
        self.intent = Intent()
