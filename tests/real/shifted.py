"""A server whose wall clock can be set while it runs, and nobody else's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.real.servers import PROJECTS

HOUR = 3600


class Shifted:
    """Wraps a server's binary; without a C compiler, or but on Linux, its clock cannot be set."""

    def __init__(self, binary: str, directory: Path) -> None:
        self._file = directory / "ahead"
        self.binary = binary
        compiler = shutil.which("cc")
        self.possible = compiler is not None and sys.platform == "linux"
        if compiler is None or not self.possible:
            return
        library = directory / "shift.so"
        source = PROJECTS / "shift.c"
        build = [compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"]
        subprocess.run(build, check=True, timeout=60)
        script = directory / "server.sh"
        script.write_text(
            f'#!/bin/sh\nSHIFT_FILE="{self._file}" LD_PRELOAD="{library}" exec "{binary}" "$@"\n'
        )
        script.chmod(0o700)
        self.binary = str(script)

    def ahead(self, seconds: int) -> None:
        """From now on its clock is so much ahead of the right time."""
        self._file.write_text(str(seconds))
