"""What a request is made of beside its queries: layers, its body, hops between sync and async."""

from __future__ import annotations

from typing import NamedTuple

from djscope_probes.wire.units import StackFrame


class Layer(NamedTuple):
    """One thing that a handler's requests pass through; a chain lists all, outermost first.

    `name` is dotted, as in MIDDLEWARE, and empty for what is Django's own. `hook`: `call` (a
    middleware around all within), `process_view`, `process_template_response`,
    `process_exception`; `handler` (the last of the chain: resolving, view hooks, view), `view`,
    `template`, `render` (of a response). `mode` is `sync` or `async`, as it is called here; `can`
    what it says it is capable of: `sync`, `async`, `both`. `adapter`: what Django had to put
    between it and the layer outside: `sync_to_async`, `async_to_sync`, or nothing. `line` is where
    a middleware of the project's is defined.
    """

    name: str
    hook: str
    mode: str
    can: str = ""
    adapter: str = ""
    line: StackFrame | None = None


class Span(NamedTuple):
    """One pass through layer `layer` of the chain; `own_us`: without spans within it.

    `offset_us` counts from the beginning of the unit.
    """

    layer: int
    offset_us: int
    took_us: int
    own_us: int


class Payload(NamedTuple):
    """Bytes of a request's body and of its response.

    `announced`: Content-Length, -1 without one. `read`: what the application has read, of it
    `memory` bytes are held in memory at once; `how`: by `body`, `POST`, `read`; `reader_id` is the
    stack that did it first. `sent`: of the response, -1 where nobody counted. Of a `streamed` one:
    `chunks`, microseconds from the unit's beginning to the first (-1: none yet), whether it was
    closed before its end; of one that is not, chunks are of a sync iterator under ASGI, which
    Django reads to its end first. `builder_id` is the stack that made a large response in memory.
    """

    announced: int = -1
    read: int = 0
    memory: int = 0
    how: str = ""
    reader_id: str = ""
    sent: int = -1
    streamed: bool = False
    chunks: int = 0
    first_us: int = -1
    closed_early: bool = False
    builder_id: str = ""


class Hop(NamedTuple):
    """Transitions between sync and async code at one line, to one function.

    `kind`: `sync_to_async` (waits for a thread) or `async_to_sync` (waits for a loop). `site_id` is
    a stack, `target_id` the name of the function. `executor` says whose thread it waits for:
    `request`, `shared`, `outer`, `own`. `wait_us`: until it ran there; `run_us`: until that was
    done; `resume_us`: until the caller went on. `pending_us`: of one that waits still, `held_id`
    where the thread stands that it waits for, `circular`: which waits for this very hop.
    """

    kind: str
    site_id: str
    target_id: str
    executor: str
    n: int
    wait_us: int
    wait_max_us: int
    run_us: int
    resume_us: int
    pending_us: int = 0
    held_id: str = ""
    circular: bool = False
