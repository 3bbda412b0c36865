"""A script that forks by itself: forker.py HOW. A line of JSON each: what the child says, and we.

HOW: `fork` (os.fork), `fork start` (the child starts a probe), `multiprocessing`, `spawn`.
The parent waits on stdin before it forks, and again before it ends.
"""

import json
import multiprocessing
import os
import sys

import django

UNITS = 5


def visit(n: int) -> list[int]:
    """`n` requests through Django's handler; their statuses."""
    from django.core.handlers.wsgi import WSGIHandler

    statuses: list[int] = []
    for _ in range(n):
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/counted/", "SERVER_NAME": "x",
            "SERVER_PORT": "80", "QUERY_STRING": "", "wsgi.input": sys.stdin.buffer,
            "wsgi.url_scheme": "http",
        }  # fmt: skip
        response = WSGIHandler()(environ, lambda said, _: statuses.append(int(said[:3])))
        b"".join(response)
        response.close()
    return statuses


def say(who: str) -> None:
    """The statuses of some requests, then what is wrapped: one write, so that lines stay whole."""
    from quiet.state import state

    said = {"who": who, "statuses": visit(UNITS), **state()}
    os.write(1, (json.dumps(said) + "\n").encode())


def child(start: bool) -> None:
    """What a child does, however it came to be."""
    if start:
        import djscope_probes

        djscope_probes.start()
        sys.stdin.readline()
    say("child")
    if start:
        djscope_probes.stop()


def spawned() -> None:
    """A new interpreter: it sets Django up, as any process."""
    django.setup()
    sys.stdin = open(0)  # noqa: SIM115
    child(start=False)


def main(how: str) -> None:
    django.setup()
    visit(1)
    print("ready", flush=True)
    sys.stdin.readline()
    if how.startswith("fork"):
        if os.fork() == 0:
            child(how.endswith("start"))
            os._exit(0)
        os.wait()
    else:
        method = "fork" if how == "multiprocessing" else "spawn"
        target, arguments = (child, (False,)) if method == "fork" else (spawned, ())
        process = multiprocessing.get_context(method).Process(target=target, args=arguments)
        process.start()
        process.join()
    say("parent")
    sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1])
