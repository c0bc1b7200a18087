# SPDX-License-Identifier: AGPL-3.0-or-later
"""The machine's name and addresses, and its way out."""

from types import SimpleNamespace

import netifaces
import psutil
import pytest

from appliance.internet.model import Link
from appliance.system import interfaces
from appliance.system.interfaces import SystemInterfaces


def test_this_machine_has_a_name_and_a_loopback_address():
    machine = SystemInterfaces()
    assert machine.host()
    assert "127.0.0.1" in machine.addresses()


def test_an_interface_that_goes_away_meanwhile_is_left_out(monkeypatch):
    def look(name):
        if name == "gone0":
            raise ValueError("You must specify a valid interface name.")
        return {netifaces.AF_INET: [{"addr": "192.0.2.1"}, {"peer": "x"}]}

    monkeypatch.setattr(netifaces, "interfaces", lambda: ["gone0", "eth0"])
    monkeypatch.setattr(netifaces, "ifaddresses", look)
    assert SystemInterfaces().addresses() == ("192.0.2.1",)


class Machine:
    """What kernel and netifaces say: interface to addresses."""

    def __init__(self, monkeypatch, interfaces, gateways=None, running=("lo", "eth0", "wlan0")):
        def look(name):
            addresses = {netifaces.AF_INET: [], netifaces.AF_INET6: []}
            for each in interfaces[name]:
                addresses[netifaces.AF_INET6 if ":" in each else netifaces.AF_INET].append({"addr": each})
            return addresses

        stats = {name: SimpleNamespace(isup=name in running) for name in interfaces}
        monkeypatch.setattr(netifaces, "interfaces", lambda: list(interfaces))
        monkeypatch.setattr(netifaces, "ifaddresses", look)
        monkeypatch.setattr(netifaces, "gateways", lambda: {"default": gateways or {}})
        monkeypatch.setattr(psutil, "net_if_stats", lambda: stats)


def test_the_link_is_the_one_to_the_gateway(monkeypatch):
    addresses = ["169.254.3.4", "192.168.1.20", "fe80::20%eth0", "fd00::20", "2001:db8::20"]
    gateways = {netifaces.AF_INET: ("192.168.1.1", "eth0"), netifaces.AF_INET6: ("fe80::1", "eth0")}
    Machine(monkeypatch, {"lo": ["127.0.0.1"], "wlan0": ["192.168.7.7"], "eth0": addresses}, gateways)
    assert SystemInterfaces().link() == Link(
        True, "eth0", "192.168.1.20", "192.168.1.1", "2001:db8::20", "fe80::1%eth0"
    )


def test_a_gateway_on_another_interface_is_not_this_ones(monkeypatch):
    gateways = {netifaces.AF_INET: ("192.168.1.1", "eth0"), netifaces.AF_INET6: ("fe80::1", "wlan0")}
    Machine(monkeypatch, {"eth0": ["192.168.1.20"], "wlan0": ["2001:db8::1"]}, gateways)
    assert SystemInterfaces().link() == Link(True, "eth0", "192.168.1.20", "192.168.1.1")


def test_an_address_that_a_machine_gave_itself_is_none(monkeypatch):
    Machine(monkeypatch, {"lo": ["127.0.0.1"], "eth0": ["169.254.3.4", "fe80::20%eth0"]})
    assert SystemInterfaces().link() == Link(True, "eth0")


@pytest.mark.parametrize("running", [(), ("lo",)])
def test_without_a_cable_there_is_no_carrier(monkeypatch, running):
    Machine(monkeypatch, {"lo": ["127.0.0.1"], "eth0": []}, running=running)
    assert SystemInterfaces().link() == Link(False)


def test_a_pulled_cable_shows_while_its_route_is_still_there(monkeypatch):
    gateways = {netifaces.AF_INET: ("192.168.1.1", "eth0")}
    Machine(monkeypatch, {"lo": ["127.0.0.1"], "eth0": ["192.168.1.20"]}, gateways, running=("lo",))
    assert SystemInterfaces().link() == Link(False, "eth0", "192.168.1.20", "192.168.1.1")


def test_the_boxs_own_hotspot_is_no_link(monkeypatch):
    Machine(monkeypatch, {"lo": ["127.0.0.1"], "wlan0": ["10.42.0.1"]})
    assert SystemInterfaces().link() == Link(False)


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ("80 80", "2001:db8::1"),
        ("01 80", "2001:db8:1::2"),
        ("a0 80", "2001:db8:1::2"),
        ("a0 01", "2001:db8:1::2"),
        ("20 48", None),
        ("", "2001:db8::1"),
    ],
    ids=["both", "temporary", "deprecated", "better than none", "neither", "unknown"],
)
def test_the_address_to_be_found_under_is_one_that_lasts(monkeypatch, tmp_path, flags, chosen):
    Machine(monkeypatch, {"eth0": ["2001:db8::1", "2001:db8:1::2"]})
    rows = zip(("20010db8" + "0" * 23 + "1", "20010db80001" + "0" * 19 + "2"), flags.split(), strict=False)
    (tmp_path / "flags").write_text("".join(f"{address} 02 40 00 {flag}     eth0\n" for address, flag in rows))
    monkeypatch.setattr(interfaces, "_FLAGS6", tmp_path / "flags")
    assert SystemInterfaces().link().address6 == chosen


def test_the_kernels_flags_are_understood():
    assert interfaces._flags6().get("::1", 0x80) == 0x80
