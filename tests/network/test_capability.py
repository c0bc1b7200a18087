# SPDX-License-Identifier: AGPL-3.0-or-later
"""Network: which addresses people at home can type."""

import pytest

from appliance.network.capability import NetworkCapability, console_addresses, reachable
from appliance.network.model import Network
from appliance.settings import Settings
from appliance.status import Level
from appliance.system.interfaces import VirtualInterfaces


def test_only_addresses_that_others_reach_and_the_easier_ones_first():
    found = [
        "2001:db8::1",
        "127.0.0.1",
        "::1",
        "fe80::1%eth0",
        "169.254.1.1",
        "192.168.1.20",
        "fd00::5%eth0",
        "x",
        "0.0.0.0",
    ]
    assert reachable(found) == ("192.168.1.20", "2001:db8::1", "fd00::5")


def test_name_and_addresses_are_observed():
    home = VirtualInterfaces("hearth", ("127.0.0.1", "192.0.2.7", "fe80::1%eth0"))
    assert NetworkCapability(home, console_url=None).observe() == Network("hearth", ("192.0.2.7",))


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        (None, ("http://hearth.local/", "http://192.0.2.1/", "http://[2001:db8::1]/")),
        ("http://127.0.0.1:8080/", ("http://127.0.0.1:8080/",)),
    ],
)
def test_what_can_be_typed_into_a_browser(url, addresses):
    assert console_addresses(Network("hearth", ("192.0.2.1", "2001:db8::1")), url) == addresses


def test_without_a_cable_it_says_so_except_on_a_laptop_that_needs_none():
    plan = NetworkCapability(VirtualInterfaces(), console_url=None).plan(Settings(), Network("hearth", ()))
    assert (plan.report.level, plan.report.sentence) == (
        Level.ATTENTION,
        "The box is not connected to the network at home.",
    )
    laptop = NetworkCapability(VirtualInterfaces(), console_url="http://x/")
    assert laptop.plan(Settings(), Network("hearth", ())).findings == ()
