# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wi-Fi over a real D-Bus daemon, with NetworkManager played here; and what no radio could do is refused before."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jeepney import HeaderFields, new_error, new_method_return, new_signal
from jeepney.wrappers import DBusAddress

from appliance.errors import BadInput, HearthError
from appliance.secret import Secret
from appliance.system.bus import SystemBus
from appliance.system.network_manager import NAME, ROOT, NetworkManager
from appliance.system.network_manager_wifi import NetworkManagerWifi
from appliance.system.runner import Completed, VirtualRunner
from appliance.system.virtual_wifi import VirtualWifi
from appliance.system.wifi import Nearby, Outcome, WifiNetwork, check
from tests.system.played_service import PlayedService, bus, needs_a_bus

__all__ = ["bus"]  # a fixture

PASSWORD = "only for friends"
HOME = WifiNetwork("Our home; rm -rf /", "DE", Secret(PASSWORD))
COUNTRY = ("systemd-run", "--quiet", "--wait", "--collect", "iw", "reg", "set", "DE")
WLAN, CABLE = f"{ROOT}/Devices/2", f"{ROOT}/Devices/1"
PSK, SAE, ENTERPRISE = 0x100, 0x400, 0x200


def point(ssid: bytes, strength: int, rsn: int = PSK, flags: int = 1) -> dict[str, tuple[str, object]]:
    return {
        "Ssid": ("ay", ssid),
        "Strength": ("y", strength),
        "Flags": ("u", flags),
        "WpaFlags": ("u", 0),
        "RsnFlags": ("u", rsn),
    }


@dataclass
class Played:
    """A cable's device and a radio. `changes` are the radio's new and old states, and reasons, once it is to join."""

    bus: Path
    changes: list[tuple[int, int, int]] = field(default_factory=list)
    carrier: bool = False
    points: list[dict[str, tuple[str, object]]] = field(default_factory=list)
    saved: dict[str, dict[str, dict[str, tuple[str, object]]]] = field(default_factory=dict)
    active: dict[str, dict[str, tuple[str, object]]] = field(default_factory=dict)
    called: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._service = PlayedService(self.bus, NAME, self._answer)

    def close(self) -> None:
        self._service.close()

    def save(self, ssid: bytes, mode: str = "infrastructure") -> str:
        path = f"{ROOT}/Settings/{len(self.saved) + 1}"
        self.saved[path] = {
            "connection": {"id": ("s", "x"), "type": ("s", "802-11-wireless")},
            "802-11-wireless": {"ssid": ("ay", ssid), "mode": ("s", mode)},
        }
        return path

    def start(self, connection: str, name: str = "x", state: int = 2) -> None:
        self.active[f"{ROOT}/ActiveConnection/{len(self.active) + 1}"] = {
            "Id": ("s", name),
            "Type": ("s", "802-11-wireless"),
            "Connection": ("o", connection),
            "State": ("u", state),
        }

    def members(self) -> list[object]:
        return [each[0] for each in self.called]

    def _answer(self, message) -> None:
        member, path = (message.header.fields[each] for each in (HeaderFields.member, HeaderFields.path))
        self.called.append((member, path, *message.body))
        send, body = self._service.send, message.body
        if member == "GetManagedObjects":
            send(new_method_return(message, "a{oa{sa{sv}}}", (self._objects(),)))
        elif member == "ListConnections":
            send(new_method_return(message, "ao", (list(self.saved),)))
        elif member == "GetSettings":
            send(new_method_return(message, "a{sa{sv}}", (self.saved[path],)))
        elif member == "AddConnection2":
            made = f"{ROOT}/Settings/{len(self.called)}0"
            self.saved[made] = body[0]
            send(new_method_return(message, "oa{sv}", (made, {})))
        elif member == "Delete":
            del self.saved[path]
            send(new_method_return(message))
        elif member == "ActivateConnection":
            for change in self.changes:
                send(new_signal(DBusAddress(WLAN, NAME, f"{NAME}.Device"), "StateChanged", "uuu", change))
            send(new_method_return(message, "o", (f"{ROOT}/ActiveConnection/9",)))
        elif member == "AddAndActivateConnection2":
            self.start(f"{ROOT}/Settings/99", body[0]["connection"]["id"][1], state=1)
            send(new_method_return(message, "ooa{sv}", (f"{ROOT}/Settings/99", f"{ROOT}/ActiveConnection/1", {})))
        elif member in ("Set", "RequestScan"):
            send(new_method_return(message))
        elif member == "DeactivateConnection":
            del self.active[body[0]]
            send(new_method_return(message))
        else:
            send(new_error(message, f"{NAME}.UnknownMethod", "s", (f"no {member}",)))

    def _objects(self) -> dict[str, dict[str, dict[str, tuple[str, object]]]]:
        found = {
            CABLE: {
                f"{NAME}.Device": {"DeviceType": ("u", 1)},
                f"{NAME}.Device.Wired": {"Carrier": ("b", self.carrier)},
            },
            WLAN: {f"{NAME}.Device": {"DeviceType": ("u", 2)}, f"{NAME}.Device.Wireless": {}},
        }
        for number, each in enumerate(self.points):
            found[f"{ROOT}/AccessPoint/{number}"] = {f"{NAME}.AccessPoint": each}
        for path, each in self.active.items():
            found[path] = {f"{NAME}.Connection.Active": each}
        return found


@pytest.fixture
def played(bus):
    made = Played(bus)
    yield made
    made.close()


@pytest.fixture
def wifi(bus, played):
    return NetworkManagerWifi(NetworkManager(SystemBus(str(bus))), VirtualRunner({COUNTRY: Completed(0, b"", b"")}))


@needs_a_bus
def test_what_is_near_strongest_first_and_only_what_can_be_joined(wifi, played):
    played.points = [
        point(b"Home", 40),
        point(b"Home", 70, SAE),
        point("Café".encode(), 80, 0, 0),
        point(b"", 99),
        point(b"a\nb", 99),
        point(b"University", 90, ENTERPRISE),
        point(b"Old", 90, 0, 1),
    ]
    seen = wifi.look()
    assert seen.nearby == (Nearby("Café", 80, False), Nearby("Home", 70, True))
    assert (seen.radio, seen.cable, seen.connected, seen.hotspot, seen.known) == (True, False, None, False, ())


@needs_a_bus
def test_what_is_known_and_joined(wifi, played):
    played.carrier = True
    home, _, _ = played.save(b"Home"), played.save(b"Attic"), played.save(b"Hearth-1", "ap")
    played.start(home, state=1)
    assert wifi.look().connected is None
    played.start(home)
    seen = wifi.look()
    assert (seen.connected, seen.known, seen.cable) == ("Home", ("Attic", "Home"), True)


@needs_a_bus
def test_a_network_takes_the_place_of_one_of_the_same_name(wifi, played):
    played.save(HOME.ssid.encode())
    played.save(b"Attic")
    wifi.join(HOME)
    (added,) = [each for each in played.called if each[0] == "AddConnection2"]
    assert bytes(added[2]["802-11-wireless"]["ssid"][1]) == HOME.ssid.encode()
    assert added[2]["802-11-wireless-security"]["psk"] == ("s", PASSWORD)
    assert added[3] == 1
    assert wifi.look().known == ("Attic", HOME.ssid)
    assert ("Set", ROOT, NAME, "WirelessEnabled", ("b", True)) in played.called


@needs_a_bus
def test_an_open_network_has_no_lock_and_a_hidden_one_is_asked_for(wifi, played):
    wifi.join(WifiNetwork("Open", "DE", hidden=True))
    (saved,) = played.saved.values()
    assert "802-11-wireless-security" not in saved
    assert saved["802-11-wireless"]["hidden"] == ("b", True)


@needs_a_bus
@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ([(110, 100, 39), (30, 110, 39), (40, 30, 0), (100, 90, 0)], Outcome.JOINED),
        ([(60, 50, 0), (120, 60, 7)], Outcome.WRONG_PASSWORD),
        ([(50, 40, 0), (120, 50, 53)], Outcome.NOT_REACHED),
        ([(40, 30, 0)], Outcome.NOT_REACHED),
    ],
)
def test_an_attempt_is_waited_for_and_only_success_is_remembered(wifi, played, changes, outcome):
    played.changes = changes
    played.start(f"{ROOT}/Settings/99", "hearth-hotspot")
    assert wifi.attempt(HOME, 0.5) is outcome
    assert ("DeactivateConnection", ROOT, f"{ROOT}/ActiveConnection/1") in played.called
    assert bool(played.saved) is (outcome is Outcome.JOINED)


@needs_a_bus
@pytest.mark.parametrize(("state", "kept"), [((100, 90, 0), False), ((120, 60, 7), True)])
def test_what_is_known_stays_until_another_of_its_name_was_joined(wifi, played, state, kept):
    before = played.save(HOME.ssid.encode())
    played.changes = [state]
    wifi.attempt(HOME, 0.5)
    assert len(played.saved) == 1
    assert (before in played.saved) is kept


@needs_a_bus
def test_the_hotspot_is_open_to_all_and_leaves_nothing_behind(wifi, played):
    wifi.open_hotspot("Hearth-1A2B")
    (made,) = [each for each in played.called if each[0] == "AddAndActivateConnection2"]
    settings, device, _, options = made[2:]
    assert device == WLAN
    assert "802-11-wireless-security" not in settings
    assert settings["ipv4"]["address-data"] == ("aa{sv}", [{"address": ("s", "10.42.0.1"), "prefix": ("u", 24)}])
    assert options == {"persist": ("s", "volatile")}
    assert wifi.look().hotspot
    wifi.close_hotspot()
    assert not wifi.look().hotspot


@needs_a_bus
def test_what_is_forgotten_is_gone(wifi, played):
    played.save(b"Home")
    wifi.forget("Home")
    assert played.saved == {}
    with pytest.raises(BadInput):
        wifi.forget("Home")


@needs_a_bus
def test_a_scan_is_asked_of_the_radio(wifi, played):
    wifi.scan()
    assert ("RequestScan", WLAN, {}) in played.called


@needs_a_bus
def test_without_networkmanager_it_says_so(bus):
    wifi = NetworkManagerWifi(NetworkManager(SystemBus(str(bus))), VirtualRunner())
    with pytest.raises(HearthError):
        wifi.look()


def test_a_machine_without_iw_does_without_the_country(tmp_path):
    asked = VirtualRunner()
    NetworkManagerWifi(NetworkManager(SystemBus(str(tmp_path))), asked).obey("DE")
    assert len(asked.asked) == 1


@pytest.mark.parametrize(
    ("ssid", "password", "country", "key"),
    [
        ("", PASSWORD, "DE", "bad-wifi"),
        ("x" * 33, PASSWORD, "DE", "bad-wifi"),
        ("ü" * 17, PASSWORD, "DE", "bad-wifi"),
        ("a\nb", PASSWORD, "DE", "bad-wifi"),
        ("Home", "short", "DE", "bad-wifi-password"),
        ("Home", "x" * 64, "DE", "bad-wifi-password"),
        ("Home", "with\nline end", "DE", "bad-wifi-password"),
        ("Home", "", "DE", "bad-wifi-password"),
        ("Home", PASSWORD, "de", "bad-country"),
        ("Home", PASSWORD, "DEU", "bad-country"),
        ("Home", PASSWORD, "--", "bad-country"),
    ],
)
def test_what_no_radio_could_do_is_refused(ssid, password, country, key):
    network = WifiNetwork(ssid, country, Secret(password))
    with pytest.raises(BadInput) as caught:
        check(network)
    assert caught.value.key == key
    for wifi in (VirtualWifi(), NetworkManagerWifi(NetworkManager(SystemBus("/nowhere")), VirtualRunner())):
        with pytest.raises(BadInput):
            wifi.join(network)


@pytest.mark.parametrize("password", ["12345678", "x" * 63, "aB" * 32])
def test_what_a_router_accepts_is_accepted(password):
    wifi = VirtualWifi()
    wifi.join(WifiNetwork("ü" * 16, "GB", Secret(password)))
    assert list(wifi.remembered) == ["ü" * 16]
