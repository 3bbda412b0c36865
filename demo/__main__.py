"""`python3 demo`: everything djscope shows, on a machine that has only Python."""

import sys

from bootstrap import run

run("djscope", ["demo"] + sys.argv[1:])  # noqa: RUF005  must parse on old Pythons, see there
