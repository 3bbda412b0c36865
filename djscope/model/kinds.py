"""The kinds of findings: their names, and what each means."""

from __future__ import annotations

from collections.abc import Iterable

# What the code alone decides, whatever the machine and the load: what a build may fail on.
REPEATED = (
    "n_plus_one", "query_loop", "duplicate_query", "per_instance_prefetch", "prefetch_bypassed",
)  # fmt: skip
# Kind → (what it is, what to do).
KINDS = {
    "n_plus_one": (
        "Rows of one queryset load a relation one by one.",
        (
            "Load the relation together with the rows: select_related, prefetch_related or"
            " an annotation on the queryset that the finding names as the origin."
        ),
    ),
    "query_loop": (
        "A line queries again and again, with other parameters.",
        "Make one query for all of them: in_bulk, an __in filter, bulk_create, bulk_update.",
    ),
    "duplicate_query": (
        "The same query with the same parameters is made several times.",
        "Run it once and keep the result: a local variable, functools.cached_property, the cache.",
    ),
    "per_instance_prefetch": (
        "A prefetch is made for one row at a time.",
        "Prefetch on the queryset that loads the rows, not on each of them.",
    ),
    "prefetch_bypassed": (
        "A prefetched relation is asked for anew.",
        (
            "Use the prefetched rows, or prefetch just those that are wanted with"
            " Prefetch(queryset, to_attr)."
        ),
    ),
    "slow_query": (
        "A query takes long as a rule.",
        "Look at its plan: an index may be missing, or it reads more than it needs.",
    ),
    "request_failing": (
        "Requests fail with an exception or a 5xx status.",
        "Handle it, or answer with the right 4xx status.",
    ),
    "slow_request": (
        "Requests of a route take long as a rule.",
        "Look at its queries and at the line where it was seen waiting.",
    ),
    "slow_middleware": (
        "A middleware takes long itself, whatever the layers within it take.",
        "Keep what it works out in the cache, or do it where it is needed only.",
    ),
    "request_stuck": (
        "A request stands at one line.",
        "Give what it waits for a timeout.",
    ),
    "hop_wait": (
        "Async code waits for a thread to run its sync calls in.",
        "Make one hop of many, use the ORM's async methods, or another thread where that is safe.",
    ),
    "async_deadlock": (
        "A call from async code waits for a thread that never takes it.",
        "Do not run a loop, or wait for one, in the thread that the loop's own hops need.",
    ),
    "body_buffered": (
        "Bodies of requests are held in memory as a whole.",
        "Read them in chunks, or let Django put uploads on disk.",
    ),
    "large_response": (
        "A large response is made in memory before any of it is sent.",
        "Stream it, or answer in pages.",
    ),
    "task_failing": (
        "Runs of a task fail.",
        "Handle the exception, or retry it if it can succeed later.",
    ),
    "task_stuck": (
        "A task stands at one line.",
        "Give what it waits for a timeout.",
    ),
    "workers_busy": (
        "All workers of a kind are busy with slow work.",
        "Make what occupies them shorter; only then take more workers.",
    ),
    "loop_blocked": (
        "A line keeps an event loop from running anything else.",
        "Await what it waits for, hand it to a thread, or compute in another process.",
    ),
}
ANY, NONE = "any", "none"


def kinds_of(names: Iterable[str], known: Iterable[str] = KINDS) -> frozenset[str]:
    """Kinds by name; `any` is all that are known, `none` no one. ValueError with a sentence."""
    wanted, choice = [name.strip() for name in names if name.strip()], list(known)
    if wanted == [ANY]:
        return frozenset(choice)
    if wanted == [NONE]:
        return frozenset()
    choose = f"choose from {', '.join(choice)}, or write {ANY} or {NONE} alone"
    for name in wanted:
        if name in (ANY, NONE):
            raise ValueError(f"{name!r} stands alone, and here are others beside it: {choose}")
        if name not in KINDS:
            raise ValueError(f"there is no finding {name!r}: {choose}")
        if name not in choice:
            raise ValueError(f"{name!r} is not judged in tests: {choose}")
    return frozenset(wanted)
