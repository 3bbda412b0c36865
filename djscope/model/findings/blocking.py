"""Calls that block, known by the library they are in, and what to write instead in async code."""

from __future__ import annotations

from typing import NamedTuple

from djscope.model.definitions import Stack
from djscope.model.finding import Advice

IN_THREAD = Advice(
    "a plain function that blocks: hand it to a thread from the async function that calls it, if it"
    " is thread-safe (the ORM is not: keep thread_sensitive there)",
    "await sync_to_async(function, thread_sensitive=False)(…)",
)
ASYNC_ORM = Advice(
    "use the asynchronous queryset methods (aget, afirst, acount, async for …)",
    "[book async for book in Book.objects.filter(…)]",
)
ORM_IN_THREAD = Advice(
    "or hand what has none of them to the thread for synchronous code",
    "await sync_to_async(function)(…)",
)
SLEEP = Advice(
    "time.sleep in an async function: let the loop go on meanwhile", "await asyncio.sleep(…)"
)
CLIENT = Advice("await a client that is asynchronous", "await client.get(…)")
PROCESSES = Advice(
    "compute in another process; a thread would still hold the interpreter",
    "pool = ProcessPoolExecutor()  # once, not in the view\n"
    "await asyncio.get_running_loop().run_in_executor(pool, function, …)",
)
TASK = Advice("or make it a task of a worker's, if nobody waits for the result")
GARBAGE = Advice(
    "leave what lives for long out of collections: once the application has been set up, or in the"
    " server's hook after the fork",
    "gc.collect(); gc.freeze()",
)


class Known(NamedTuple):
    """`parts` of a frame's path; `what` it is called; what to do instead."""

    parts: tuple[str, ...]
    what: str
    advice: tuple[Advice, ...]


LIBRARIES = (
    Known(("/django/db/",), "the ORM", (ASYNC_ORM, ORM_IN_THREAD)),
    Known(
        ("/psycopg/", "/psycopg2/", "/MySQLdb/", "/pymysql/", "/sqlite3/", "/oracledb/"),
        "a database driver",
        (Advice("use the driver's asynchronous connection, if it has one"), ORM_IN_THREAD),
    ),
    Known(
        ("/requests/", "/urllib3/", "/urllib/request.py", "/http/client.py", "/httplib2/"),
        "an HTTP client",
        (
            Advice(
                "await a client that is asynchronous: httpx.AsyncClient, aiohttp",
                "async with httpx.AsyncClient() as client: await client.get(…)",
            ),
            IN_THREAD,
        ),
    ),
    Known(
        ("/httpx/",),
        "an HTTP client",
        (
            Advice(
                "await httpx's other client",
                "async with httpx.AsyncClient() as client: await client.get(…)",
            ),
            IN_THREAD,
        ),
    ),
    Known(
        ("/redis/",),
        "a Redis client",
        (Advice("await redis-py's other client", "redis.asyncio.from_url(…)"), IN_THREAD),
    ),
    Known(
        ("/django/core/mail/", "/smtplib.py"),
        "sending mail",
        (
            Advice("send it from a thread", "await sync_to_async(send, thread_sensitive=False)(…)"),
            TASK,
        ),
    ),
    Known(
        ("/subprocess.py",),
        "another program",
        (
            Advice(
                "let the loop wait for it",
                "process = await asyncio.create_subprocess_exec(…); await process.wait()",
            ),
        ),
    ),
    Known(
        ("/botocore/", "/boto3/"),
        "an AWS client",
        (Advice("await a client that is asynchronous: aioboto3"), IN_THREAD),
    ),
    Known(
        ("/concurrent/futures/",),
        "a future's result()",
        (Advice("await it", "await asyncio.wrap_future(future)"),),
    ),
    Known(
        ("/threading.py", "/queue.py"),
        "a lock, an event or a queue of threads",
        (Advice("use asyncio's: asyncio.Lock, asyncio.Event, asyncio.Queue"), IN_THREAD),
    ),
    Known(
        ("/socket.py", "/ssl.py"),
        "a socket",
        (CLIENT, IN_THREAD),
    ),
    Known(
        ("/pathlib.py", "/pathlib/", "/shutil.py", "/tempfile.py", "/zipfile"),
        "files",
        (Advice("read and write files in a thread", "await asyncio.to_thread(function, …)"),),
    ),
)


def known_in(stack: Stack) -> Known | None:
    """The call nearest to the application's line, within it: `requests`, not its sockets."""
    inner = []
    for place in stack:
        if place.app:
            break
        inner.append(f"/{place.file.lstrip('/')}")
    for file in reversed(inner):
        found = next((each for each in LIBRARIES if any(p in file for p in each.parts)), None)
        if found is not None:
            return found
    return None


def advice(cause: str, known: Known | None) -> list[Advice]:
    """Computing wants another process, waiting an `await`; a known library its own."""
    if known is not None:
        return [*known.advice]
    if cause == "cpu":
        return [PROCESSES, TASK]
    waits = [SLEEP, CLIENT, IN_THREAD]
    return waits if cause == "io" else [*waits, PROCESSES]
