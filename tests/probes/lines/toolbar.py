"""A page of the benchmark's under django-debug-toolbar, in a process of its own."""

from __future__ import annotations

import json

from django.conf import settings

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.benchmarks import project
from tests.benchmarks.variants import toolbar
from tests.probes.lines.conftest import asked


def main() -> None:
    page = toolbar()
    assert "debug_toolbar" in settings.INSTALLED_APPS
    armament = Armament()
    armament.arm()
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    page("foreign key")
    armament.ledger.end(unit)
    found = asked(unit)
    armament.disarm()
    assert sum(each.n for each in found) == project.PAGE + 1
    print(json.dumps([each.where.partition(":")[0] for each in found]))


if __name__ == "__main__":
    main()
