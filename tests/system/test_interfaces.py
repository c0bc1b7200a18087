# SPDX-License-Identifier: AGPL-3.0-or-later
"""The machine's name and addresses."""

import netifaces

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
