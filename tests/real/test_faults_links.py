"""What goes wrong on the way to Redis, with clocks, and in hooks: as `test_faults.py`."""

from __future__ import annotations

import pytest

from tests.real.faults import OF_LINKS, figures
from tests.real.ladder import newest
from tests.real.suffering import scene_at

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]


@pytest.mark.parametrize("fault", OF_LINKS)
def test_no_page_waits_and_nothing_is_lost_uncounted(fault: str) -> None:
    """Nothing of the host's memory either, and all comes back by itself."""
    with scene_at(newest()) as scene:
        if fault.startswith("Redis's clock") and not scene.clock.possible:
            pytest.skip("needs Linux and a C compiler: apt install gcc")
        print(figures(fault, scene))
        if fault.startswith("cut"):
            assert scene.proxy.cuts
