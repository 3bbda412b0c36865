"""Two copies of the package in one process, as where one is installed and one was injected.

Prints what each says, and how many threads of theirs there are.
"""

import _thread
import sys
import time
from types import ModuleType

URL = "redis://127.0.0.1:1/0"


def copy() -> ModuleType:
    """`lifecycle` of the package anew: nothing of the former copy is found by name."""
    for name in [each for each in sys.modules if each.partition(".")[0] == "djscope_probes"]:
        del sys.modules[name]
    from djscope_probes import lifecycle

    return lifecycle


def say(what: str, said: object, threads: int) -> None:
    while _thread._count() != threads:  # one that ends takes a moment; more never come about
        time.sleep(0.01)
    print(what, said, flush=True)


first, second = copy(), copy()
assert first is not second

say("first starts", first.start(URL, "first"), 1)
say("second starts", second.start(URL, "second"), 1)
joined = second.join(URL, "second")
say("second joins", f"{joined.outcome} {joined.app}", 1)
second.stop()
say("second stops", second.start(URL, "second"), 1)
first.stop()
say("first stops", "", 0)
say("second starts", second.start(URL, "second"), 1)
say("first starts", first.start(URL, "first"), 1)
second.stop()
say("second stops", "", 0)
