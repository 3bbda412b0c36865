"""A host whose log blocks is watched as any other, and left as any other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from djscope.feed.embedded import start_embedded
from djscope.watch import Watch
from tests.real.servers import PROJECTS
from tests.real.tools import environment, started, wait_for

pytestmark = pytest.mark.real


@pytest.mark.parametrize("why", ["full", "held"])
def test_a_log_that_blocks_does_not_keep_the_probe_armed(tmp_path: Path, why: str) -> None:
    """That a thread hangs in logging may be what one came for: it answers, and goes off."""
    with start_embedded() as server:
        env = environment(tmp_path, DJSCOPE_REDIS_URL=server.url)
        script = str(PROJECTS / "mute.py")
        with started(sys.executable, script, "mute", why, env=env) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "started\n"
            watch = Watch(server.url, "mute")
            watch.start()
            try:
                wait_for(lambda: watch.session.watching()[0] == 1, what="arming")
            finally:
                said = watch.stop()
            process.stdin.write("\n")
            process.stdin.flush()

            assert said == "1 of 1 processes confirmed off"
            assert process.stdout.readline() == "off 0\n"
            assert process.stdout.readline() == "stopped\n"
