# SPDX-License-Identifier: AGPL-3.0-or-later
from appliance.health.power import CALM_SECONDS, Power
from appliance.system.clock import VirtualClock


def test_heavy_work_waits_until_the_supply_has_been_strong_for_a_while():
    clock = VirtualClock()
    power = Power(clock)
    assert power.is_good()
    power.note(weak=True)
    assert not power.is_good()
    clock.advance(CALM_SECONDS - 1)
    power.note(weak=False)
    assert not power.is_good()
    clock.advance(2)
    assert power.is_good()
