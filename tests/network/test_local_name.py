# SPDX-License-Identifier: AGPL-3.0-or-later
"""Under which name the box is to be found at home."""

import pytest

from appliance.network.capability import Announce, NetworkCapability
from appliance.network.local_name import label, stands_for
from appliance.network.radio import Radio
from appliance.settings import Settings
from appliance.system.clock import VirtualClock
from appliance.system.firewall import VirtualFirewall
from appliance.system.interfaces import VirtualInterfaces
from appliance.system.local_name import VirtualLocalName
from appliance.system.virtual_wifi import VirtualWifi


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hearth", "hearth"),
        ("Attic Box", "attic-box"),
        ("Annas Küche", "annas-kuche"),
        ("  --x--  ", "x"),
        ("茶の間", "hearth"),
        ("a.b/c", "a-b-c"),
        ("x" * 60, "x" * 40),
    ],
)
def test_a_name_that_a_network_can_carry(name: str, expected: str) -> None:
    assert label(name) == expected


def test_a_number_behind_it_is_still_that_name() -> None:
    assert stands_for("attic", "attic")
    assert stands_for("attic-2", "attic")
    assert not stands_for("attic-box", "attic")
    assert not stands_for("hearth", "attic")


def test_the_box_is_found_by_its_own_name_and_says_which_it_is() -> None:
    door, clock = VirtualLocalName("hearth", taken=frozenset({"attic"})), VirtualClock()
    radio = Radio(VirtualWifi(), clock, name="Hearth-1234")
    part = NetworkCapability(VirtualInterfaces(), radio, VirtualFirewall(), console_url=None, local_name=door)
    assert Announce("hearth") not in part.plan(Settings(), part.observe()).actions
    renamed = Settings(box_name="Attic")
    plan = part.plan(renamed, part.observe())
    assert Announce("attic") in plan.actions
    part.apply(Announce("attic"))
    plan = part.plan(renamed, part.observe())
    assert plan.addresses[0] == "http://attic-2.local/"
    assert not any(isinstance(action, Announce) for action in plan.actions)


def test_where_nothing_announces_names_the_machines_own_is_shown() -> None:
    radio = Radio(VirtualWifi(), VirtualClock(), name="Hearth-1234")
    part = NetworkCapability(
        VirtualInterfaces(), radio, VirtualFirewall(), console_url=None, local_name=VirtualLocalName()
    )
    plan = part.plan(Settings(box_name="Attic"), part.observe())
    assert plan.addresses[0] == "http://hearth.local/"
    assert not any(isinstance(action, Announce) for action in plan.actions)
