"""`python -m tests.real.faults [FAULT …]`: what goes wrong while somebody watches, and its cost.

On the newest server and on the oldest. `uncounted` are units that were measured and neither told
nor counted as dropped: none, but for what each fault says below.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.real.ladder import FOUND
from tests.real.shifted import HOUR
from tests.real.suffering import (
    CHANNEL_MB,
    GROWN_MB,
    HEAD,
    Figures,
    Scene,
    fact_now,
    scene_at,
    suffered,
)
from tests.real.tools import wait_for

SLOW_S = 2.0
# What a host of these tests tells in a frame, amply.
FRAME = 120


@dataclass(frozen=True)
class Fault:
    """`twice`: units whose frame Redis took without the probe hearing so are told and counted.
    `lost`: units whose frame Redis took, and lost before anybody read it. Both at most.
    """

    go: Callable[[Scene], object]
    mend: Callable[[Scene], object]
    seconds: float
    twice: int = 0
    lost: int = 0
    # It has to cost something, or the scene shows nothing: but for what comes between two flushes,
    # where nothing need be on its way just then.
    drops: bool = True


def nothing(_scene: Scene) -> None: ...


def change_password(scene: Scene) -> None:
    scene.node.ask("CONFIG", "SET", "requirepass", "other")
    scene.admin.execute_command("ACL", "SETUSER", "probe", "resetpass", ">other")
    scene.admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def restore_password(scene: Scene) -> None:
    scene.admin.execute_command("CONFIG", "SET", "requirepass", "pw")
    scene.admin.execute_command("ACL", "SETUSER", "probe", "resetpass", ">pw")


def start_again(scene: Scene) -> None:
    scene.node.start()
    wait_for(scene.node.answers, what="the server")
    scene.allow()


def setting(name: str, value: int) -> Callable[[Scene], object]:
    return lambda scene: scene.node.ask("CONFIG", "SET", name, value)


def rule(text: str) -> Callable[[Scene], object]:
    return lambda scene: scene.node.ask("ACL", "SETUSER", "probe", text)


def signalled(number: int) -> Callable[[Scene], object]:
    return lambda scene: os.kill(scene.node.pid, number)


def wire(**state: object) -> Callable[[Scene], object]:
    return lambda scene: [setattr(scene.proxy, name, value) for name, value in state.items()]


def speak(garbage: bytes) -> Callable[[Scene], object]:
    """A port that is another's now, a balancer's error page."""

    def go(scene: Scene) -> None:
        scene.proxy.garbage = garbage
        wait_for(lambda: scene.watch.status.problem, 30, "the loss")

    return go


def fall_silent(scene: Scene) -> None:
    assert "internal error" not in scene.watch.status.problem
    scene.proxy.garbage = b""


GARBAGE = {
    "a page": b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
    "an endless bulk": b"$99999999999\r\n" + b"x" * 40_000_000,
    # More than a probe takes; of more than this the viewer, beside us here, makes room in advance.
    "an endless array": b"*9999999\r\n" + b":1\r\n" * 300_000,
}
OF_SERVERS = {
    "none": Fault(nothing, nothing, 2, drops=False),
    "absent": Fault(lambda scene: scene.node.kill(), start_again, 6, FRAME, FRAME, drops=False),
    "frozen": Fault(signalled(signal.SIGSTOP), signalled(signal.SIGCONT), 6, FRAME),
    "full": Fault(setting("maxmemory", 1), setting("maxmemory", 0), 8, lost=FRAME),
    # Who is denied tries again after 2.5 s at the soonest, and then after 7.5.
    "denied": Fault(rule("-xadd"), rule("+xadd"), 2),
    "password changed, clients killed": Fault(
        change_password, restore_password, 2, FRAME, drops=False
    ),
    "FLUSHALL": Fault(
        lambda scene: scene.node.ask("FLUSHALL"), nothing, 1, lost=FRAME, drops=False
    ),
    "writes refused": Fault(
        setting("min-replicas-to-write", 1), setting("min-replicas-to-write", 0), 8
    ),
}
OF_LINKS = {
    "slow": Fault(wire(delay_s=SLOW_S), wire(delay_s=0.0), 6, 4 * FRAME),
    "cut in the middle of a frame": Fault(wire(cut="frame"), wire(cut=""), 3),
    "cut in the middle of a reply": Fault(wire(cut="reply"), wire(cut=""), 3, 6 * FRAME),
    "host's clock +1 h": Fault(
        lambda scene: scene.ask("ahead"), lambda scene: scene.ask("right"), 4, drops=False
    ),
    "host's clock -1 h": Fault(
        lambda scene: scene.ask("behind"), lambda scene: scene.ask("right"), 4, drops=False
    ),
    "Redis's clock +1 h": Fault(lambda scene: scene.clock.ahead(HOUR), nothing, 6, drops=False),
    "Redis's clock -1 h": Fault(lambda scene: scene.clock.ahead(-HOUR), nothing, 6, drops=False),
    "exceptions in hooks": Fault(lambda scene: scene.ask("fail"), nothing, 2, drops=False),
    **{
        f"answers: {what}": Fault(speak(garbage), fall_silent, 3, 6 * FRAME)
        for what, garbage in GARBAGE.items()
    },
}
FAULTS = OF_SERVERS | OF_LINKS


def figures(name: str, scene: Scene) -> Figures:
    """What the fault costs, within bounds."""
    fault = FAULTS[name]
    found = suffered(scene, name, lambda: fault.go(scene), lambda: fault.mend(scene), fault.seconds)
    units = found.counts
    assert not found.waited, found
    assert -fault.twice <= units.uncounted <= fault.lost, found
    assert found.grown_mb < GROWN_MB, found
    assert found.channel_mb < CHANNEL_MB, found
    assert units.told > 0, found
    assert units.dropped > 0 or not fault.drops, found
    if found.fault == "none":
        assert units.told >= found.pages
        assert units.dropped == units.missed_frames == 0
    if "Redis" not in name and units.dropped:
        assert "events dropped by the probe" in gaps(scene)
    if name in ("absent", "frozen", "password changed, clients killed"):
        assert "Redis was away for" in gaps(scene)
    if name.startswith("answers"):
        assert fact_now(scene.watch).errors == 0
        assert not fact_now(scene.watch).off
    return found


def gaps(scene: Scene) -> str:
    with scene.watch.lock:
        return "; ".join(gap.what for gap in scene.watch.session.gaps)


def main(names: list[str]) -> int:
    """Exit code 1 where a fault costs more than it may."""
    failed = 0
    for rung in (FOUND[-1], FOUND[0]):
        print(f"\n{rung.name}\n{HEAD}", flush=True)
        for name in names or FAULTS:
            with scene_at(next(rung.found())) as scene, suppress(KeyboardInterrupt):
                try:
                    print(figures(name, scene), flush=True)
                except AssertionError as error:
                    failed += 1
                    print(f"{name:34} TOO MUCH: {error}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
