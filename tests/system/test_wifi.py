# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wi-Fi: what NetworkManager is asked, without showing the password, and what no radio could do is refused before."""

import pytest

from appliance.errors import BadInput, HearthError
from appliance.secret import Secret
from appliance.system.runner import Completed, VirtualRunner
from appliance.system.wifi import NetworkManagerWifi, VirtualWifi

PASSWORD = "only for friends"
ADD = ["nmcli", "--wait", "0", "connection", "add", "type", "wifi", "con-name", "hearth-wifi", "ifname", "*", "ssid"]
DONE = Completed(0, b"", b"")


def runner(*extra):
    others = (
        ("systemd-run", "--quiet", "--wait", "--collect", "iw", "reg", "set", "DE"),
        ("nmcli", "radio", "wifi", "on"),
        ("nmcli", "connection", "delete", "id", "hearth-wifi"),
        *extra,
    )
    return VirtualRunner(dict.fromkeys(others, DONE))


def test_a_network_takes_the_place_of_the_one_before_and_its_password_is_not_shown():
    lock = ("wifi-sec.key-mgmt", "wpa-psk", "wifi-sec.psk", PASSWORD)
    asked = runner((*ADD, "Our home; rm -rf /", *lock))
    NetworkManagerWifi(asked).join("Our home; rm -rf /", Secret(PASSWORD), "DE")
    assert [line.split()[0] for line in asked.asked] == ["systemd-run", "nmcli", "nmcli", "nmcli"]
    assert "connection delete" in asked.asked[2]
    assert PASSWORD not in str(asked.asked)


def test_an_open_network_has_no_lock():
    asked = runner((*ADD, "Open"))
    NetworkManagerWifi(asked).join("Open", None, "DE")
    assert "wifi-sec" not in asked.asked[-1]


def test_what_networkmanager_refuses_is_said_without_the_password():
    asked = runner()
    with pytest.raises(HearthError) as caught:
        NetworkManagerWifi(asked).join("Home", Secret(PASSWORD), "DE")
    assert PASSWORD not in str(caught.value)


def test_a_machine_without_iw_does_without_the_country():
    asked = VirtualRunner()
    NetworkManagerWifi(asked).obey("DE")
    assert len(asked.asked) == 1


@pytest.mark.parametrize("make", [lambda: NetworkManagerWifi(VirtualRunner()), VirtualWifi])
@pytest.mark.parametrize(
    ("ssid", "password", "country"),
    [
        ("", PASSWORD, "DE"),
        ("x" * 33, PASSWORD, "DE"),
        ("ü" * 17, PASSWORD, "DE"),
        ("a\nb", PASSWORD, "DE"),
        ("Home", "short", "DE"),
        ("Home", "x" * 64, "DE"),
        ("Home", "with\nline end", "DE"),
        ("Home", "", "DE"),
        ("Home", PASSWORD, "de"),
        ("Home", PASSWORD, "DEU"),
        ("Home", PASSWORD, "--"),
    ],
)
def test_what_no_radio_could_do_is_refused(make, ssid, password, country):
    with pytest.raises(BadInput) as caught:
        make().join(ssid, Secret(password), country)
    assert caught.value.key == "bad-wifi"


@pytest.mark.parametrize("password", ["12345678", "x" * 63, "aB" * 32])
def test_what_a_router_accepts_is_accepted(password):
    wifi = VirtualWifi()
    wifi.join("ü" * 16, Secret(password), "GB")
    assert wifi.joined == [("ü" * 16, "GB")]
