# SPDX-License-Identifier: AGPL-3.0-or-later
"""Network: which addresses people at home can type."""

from dataclasses import replace

import pytest

from appliance.internet.model import Link
from appliance.network.capability import NetworkCapability, console_addresses, reachable
from appliance.network.hotspot import PATIENCE_AT_START
from appliance.network.model import Network
from appliance.network.radio import Radio
from appliance.settings import Settings
from appliance.status import Level
from appliance.supervisor.capability import Plan
from appliance.system.clock import VirtualClock
from appliance.system.firewall import VirtualFirewall
from appliance.system.interfaces import VirtualInterfaces
from appliance.system.virtual_wifi import VirtualWifi


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
    seen = capability(VirtualInterfaces("hearth", ("127.0.0.1", "192.0.2.7", "fe80::1%eth0"))).observe()
    assert (seen.host, seen.addresses) == ("hearth", ("192.0.2.7",))


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
    plan = capability().plan(Settings(), Network("hearth", ()))
    assert (plan.report.level, plan.report.sentence) == (
        Level.ATTENTION,
        "The box is not connected to the network at home.",
    )
    laptop = capability(console_url="http://x/")
    assert laptop.plan(Settings(), Network("hearth", ())).findings == ()


def test_the_firewall_is_told_of_new_addresses_once():
    home, firewall = VirtualInterfaces("hearth", ("192.0.2.7",)), VirtualFirewall()
    network = capability(home, firewall=firewall)
    look(network)
    look(network)
    assert firewall.looks == 1
    object.__setattr__(home, "found", ("192.0.2.7", "2001:db8::1"))
    look(network)
    look(network)
    assert firewall.looks == 2


def test_it_looks_around_then_opens_its_hotspot_and_ends_it_when_a_cable_comes():
    clock, wifi = VirtualClock(), VirtualWifi(radio=True)
    network = capability(
        VirtualInterfaces(found=("127.0.0.1",), to_gateway=Link(carrier=False)), wifi=wifi, clock=clock
    )
    look(network)
    clock.advance(PATIENCE_AT_START - 10)
    look(network)
    assert (wifi.scans, wifi.hotspot) == (1, "")
    clock.advance(10)
    plan = look(network)
    assert wifi.hotspot == "Hearth-1234"
    assert plan.report.facts["hotspot"] == "Hearth-1234"
    assert "Hearth-1234" in plan.findings[0].remedy
    wifi.seen = replace(wifi.seen, cable=True)
    look(network)
    assert wifi.hotspot == ""


def test_a_radio_that_can_make_none_is_left_alone():
    clock, wifi = VirtualClock(), VirtualWifi(radio=True)
    wifi.broken = True
    network = capability(VirtualInterfaces(found=(), to_gateway=Link(carrier=False)), wifi=wifi, clock=clock)
    look(network)
    clock.advance(PATIENCE_AT_START)
    look(network)
    wifi.broken = False
    plan = look(network)
    assert wifi.hotspot == ""
    assert "Press the button" in plan.findings[0].remedy


def test_the_hotspot_s_own_address_is_no_connection():
    assert reachable(["10.42.0.1", "127.0.0.1"]) == ()


def capability(
    home: VirtualInterfaces | None = None,
    *,
    wifi: VirtualWifi | None = None,
    clock: VirtualClock | None = None,
    firewall: VirtualFirewall | None = None,
    console_url: str | None = None,
) -> NetworkCapability:
    radio = Radio(wifi or VirtualWifi(), clock or VirtualClock(), name="Hearth-1234")
    return NetworkCapability(home or VirtualInterfaces(), radio, firewall or VirtualFirewall(), console_url=console_url)


def look(network: NetworkCapability) -> Plan:
    """As the supervisor does."""
    plan = network.plan(Settings(), network.observe())
    for action in plan.actions:
        network.apply(action)
    return plan


def test_with_a_cable_but_without_an_address_it_is_for_others_to_say_what_is_wrong():
    plan = capability().plan(Settings(), Network("hearth", (), carrier=True))
    assert plan.findings == ()
