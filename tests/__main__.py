"""`python3 tests`: the same set-up as `python3 demo`, then pytest with these arguments."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "demo"))

from bootstrap import run  # noqa: E402  found through the line above

run("pytest", sys.argv[1:], ROOT)
