"""A page of the benchmark's under django-debug-toolbar, in a process of its own."""

from __future__ import annotations

import json

from django.conf import settings

from djscope_probes.arming import Armament
from djscope_probes.units import RequestUnit
from tests.benchmarks import project
from tests.benchmarks.variants import toolbar


def main() -> None:
    page = toolbar()
    assert "debug_toolbar" in settings.INSTALLED_APPS
    armament = Armament()
    armament.arm()
    unit = RequestUnit("wsgi", "GET")
    armament.ledger.begin(unit)
    page()
    armament.ledger.end(unit)
    groups = [(group.n, group.shape.site) for group in unit.all_groups]
    armament.disarm()
    assert sum(n for n, _ in groups) == project.PAGE + 1
    print(json.dumps([site.file.rpartition("/")[2] for _, site in groups if site is not None]))


if __name__ == "__main__":
    main()
