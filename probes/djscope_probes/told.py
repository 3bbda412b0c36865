"""Words that come from outside, as they may be told: what is not known may name anybody."""

from __future__ import annotations

import os
import re
from hashlib import blake2b

# RFC 9110 and 5789, and what WebDAV adds.
METHODS = frozenset(
    {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND",
        "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "QUERY",
    }
)  # fmt: skip
# As Python, asyncio and concurrent.futures name them where nobody else does.
_THREAD = re.compile(
    r"MainThread|(?:Thread|Dummy|Task|Timer)-\d+(?: \([\w.<>]+\))?|ThreadPoolExecutor-\d+_\d+"
    r"|asyncio_\d+|QueueFeederThread|QueueManagerThread|ExecutorManagerThread|\(native thread\)"
)
_UUID_LENGTH = 36
# What Python, its shells and code generators call files that are none.
_NO_FILE = re.compile(
    r"<(?:string|stdin|console|template|unknown|frozen [\w.]+|__array_function__ internals"
    r"|attrs generated \w+ [\w.]+|decorator-gen-\d+|doctest [\w.]+\[\d+\])>"
)
_RELATIVE = re.compile(r"[\w.+@\\/-]+\.\w{1,6}")
COMPILED = "<compiled>"
# Of this process alone, so that nobody finds out an id by trying.
_KEY = os.urandom(16)


def told_method(method: str) -> str:
    """A client may send any word."""
    return method if method in METHODS or not method else "(other)"


def told_id(task_id: str) -> str:
    """Celery's own ids as they are; one that the application made up as a hash."""
    if len(task_id) == _UUID_LENGTH and not task_id.strip("0123456789abcdef-"):
        return task_id
    digest = blake2b(task_id.encode("utf-8", "replace"), digest_size=6, key=_KEY)
    return f"hash:{digest.hexdigest()}"


def is_file(name: str) -> bool:
    """Whether code says of itself that it comes from a file: `compile()` takes any text."""
    return name[:1] == "/" or name[1:2] == ":" or _RELATIVE.fullmatch(name) is not None


def told_file(name: str) -> str:
    """The file of a frame; of code that was compiled under a name made up for it, not the name."""
    return name if not name or is_file(name) or _NO_FILE.fullmatch(name) else COMPILED


def told_thread(name: str) -> str:
    """Names of threads and asyncio tasks as libraries give them; the stack tells of the others."""
    return name if _THREAD.fullmatch(name) else "(named by the application)"
