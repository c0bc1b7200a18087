# SPDX-License-Identifier: AGPL-3.0-or-later
"""A box without a cable, with the kernel's simulated radios (mac80211_hwsim): one is the box's, one a phone's, and one
the router's at home. The other two are moved into network namespaces of the guest, so that only the air is between."""

import base64
import re
import shlex
import time
from collections.abc import Callable

import pytest

from tests.image import machine
from tests.repository import ROOT

PASSWORD = "otters and fences"
PHONE, ROUTER = "phone", "router"
BOX = "http://10.42.0.1"

RADIOS = """
modprobe mac80211_hwsim radios=3
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e /sys/class/net/wlan2 ] && break; sleep 1; done
for who in phone router; do
    ip netns add $who
    ip -n $who link set lo up
    for each in all default; do ip netns exec $who sh -c "echo 0 >/proc/sys/net/ipv4/conf/$each/rp_filter"; done
done
iw phy "$(cat /sys/class/net/wlan1/phy80211/name)" set netns name phone
iw phy "$(cat /sys/class/net/wlan2/phy80211/name)" set netns name router
"""
# It tells of no way out, so that it is a neighbour and no gateway, which would be kept away from the console.
AT_HOME = f"""
cat >/run/home.conf <<CONF
network={{
    ssid="Our home"
    mode=2
    frequency=2437
    proto=RSN
    key_mgmt=WPA-PSK
    pairwise=CCMP
    psk="{PASSWORD}"
}}
CONF
systemd-run --quiet --unit=test-home ip netns exec router wpa_supplicant -i wlan2 -c /run/home.conf
ip -n router address add 192.168.77.1/24 dev wlan2
systemd-run --quiet --unit=test-addresses ip netns exec router dnsmasq --keep-in-foreground --port=0 \\
    --interface=wlan2 --dhcp-option=3 --dhcp-range=192.168.77.50,192.168.77.99 \\
    --pid-file=/run/home.pid --dhcp-leasefile=/run/home.leases
"""
IN_THE_HAND = """
cat >/run/phone.conf <<CONF
network={{
    ssid="{ssid}"
    key_mgmt=NONE
}}
CONF
systemd-run --quiet --unit=test-phone ip netns exec phone wpa_supplicant -i wlan1 -c /run/phone.conf
"""

pytestmark = [pytest.mark.long, pytest.mark.timeout(1500)]


class Air:
    """The guest, and what is tried in it."""

    def __init__(self, box: machine.Box) -> None:
        self.box = box
        program = base64.b64encode((ROOT / "tests/image/phone.py").read_bytes()).decode()
        box.shell(f"echo {program} | base64 -d >/run/phone.py")

    def run(self, where: str, *arguments: str) -> str:
        return self.box.shell(f"ip netns exec {where} python3 -I /run/phone.py {shlex.join(arguments)}", seconds=300)

    def wait(self, true: Callable[[], bool], what: str, seconds: float) -> None:
        give_up = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < give_up, f"{what}\n{self.report()}"
            time.sleep(2)

    def report(self) -> str:
        return self.box.shell(
            "nmcli device; nmcli connection; iw dev; journalctl -b --no-pager -n 60 -u NetworkManager -u wpa_supplicant"
            " -u hearth-supervisor"
        )


@pytest.fixture(scope="module")
def air(box: machine.Box) -> Air:
    box.start(more_words=machine.SHELL_WORDS, network=False)
    box.shell("true", seconds=600)
    box.shell(RADIOS)
    box.shell(AT_HOME)
    return Air(box)


@pytest.fixture(scope="module")
def hotspot(air: Air) -> str:
    """Its name."""
    air.wait(lambda: "type AP" in air.box.shell("iw dev wlan0 info"), "no hotspot", 400)
    found = re.search(r"ssid (Hearth-[0-9A-F]{4})$", air.box.shell("iw dev wlan0 info"), re.MULTILINE)
    assert found
    return found[1]


def test_a_phone_joins_and_gets_an_address(air: Air, hotspot: str) -> None:
    air.box.shell(IN_THE_HAND.format(ssid=hotspot))
    air.wait(lambda: hotspot in air.box.shell("ip netns exec phone iw dev wlan1 link"), "not joined", 120)
    mine, server = air.run(PHONE, "address", "wlan1").split()
    assert mine.startswith("10.42.0.")
    assert server == "10.42.0.1"


def test_whatever_it_looks_for_leads_to_the_claim_page(air: Air) -> None:
    assert air.run(PHONE, "lookup", "10.42.0.1", "captive.example.org") == "10.42.0.1"
    found = air.run(PHONE, "open", f"{BOX}/generate_204", "captive.example.org")
    assert found.startswith(f"200 {BOX}/claim\n"), found
    assert "whoever listens nearby" in found


def test_nothing_else_is_reached_from_there(air: Air) -> None:
    assert air.run(PHONE, "reaches", "10.42.0.1", "80") == "yes"
    for port in ("22", "8080", "8081"):
        assert air.run(PHONE, "reaches", "10.42.0.1", port) == "no"


def test_a_wrong_password_brings_the_hotspot_back(air: Air) -> None:
    code = re.search(r"Code: ([A-Z0-9]{4}-[A-Z0-9]{4})", air.box.card_text())
    assert code
    page = air.run(PHONE, "send", f"{BOX}/claim", "/claim/code", f"code={code[1]}")
    assert page.startswith(f"200 {BOX}/wifi\n"), page
    assert "=Our home" in page
    page = choose(air, "lemons and fences")
    assert "The box joins" in page, page
    began = time.monotonic()
    air.wait(lambda: "did not get into" in air.run(PHONE, "open", f"{BOX}/wifi"), "it is not back", 240)
    print(f"measured: back after a wrong password: {time.monotonic() - began:.0f} s")
    assert "The password of the Wi-Fi is wrong." in air.run(PHONE, "open", f"{BOX}/wifi")
    assert "Our home" not in air.box.shell("nmcli connection; cat /var/lib/hearth-network/* 2>/dev/null")


def test_the_right_one_leads_home(air: Air) -> None:
    assert "The box joins" in choose(air, PASSWORD)
    air.wait(lambda: "Our home" in air.box.shell("iw dev wlan0 link"), "not joined", 180)
    air.wait(lambda: "192.168.77." in air.box.shell("ip -4 address show dev wlan0"), "no address", 60)
    there = re.search(r"inet (192\.168\.77\.\d+)/", air.box.shell("ip -4 address show dev wlan0"))
    assert there
    assert air.run(ROUTER, "open", f"http://{there[1]}/").startswith("200")
    assert air.box.shell("nft list set inet hearth hotspots").count("wlan0") == 0


def choose(air: Air, password: str) -> str:
    return air.run(PHONE, "send", f"{BOX}/wifi", "/wifi", "network==Our home", f"password={password}", "country=GB")
