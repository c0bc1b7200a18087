# SPDX-License-Identifier: AGPL-3.0-or-later
"""The door to the radio of a real box, which NetworkManager has in hand."""

import logging
import time
from collections.abc import Iterable

from appliance.errors import BadInput, HearthError
from appliance.system import network_manager as nm
from appliance.system.bus import Signals
from appliance.system.network_manager import Manager, NetworkManager
from appliance.system.runner import Runner
from appliance.system.wifi import HOTSPOT_ADDRESS, HOTSPOT_PREFIX, Nearby, Outcome, Seen, WifiNetwork, check

_HOTSPOT = "hearth-hotspot"
_SECURED = 0x100 | 0x400  # NM80211ApSecurityFlags: a passphrase, WPA2 and WPA3
_UNUSABLE = 0x200  # a name and a password for each person
_PAUSE = 2.0
_PRIVACY = 0x1  # NM80211ApFlags: without the others, WEP

log = logging.getLogger(__name__)


class NetworkManagerWifi:
    def __init__(self, manager: NetworkManager, runner: Runner) -> None:
        self._manager = manager
        self._runner = runner

    def look(self) -> Seen:
        with self._manager.talk() as talk:
            objects = talk.objects()
            known = {path: _ssid(settings) for path, settings in _remembered(talk).items()}
        active = objects["Connection.Active"].values()
        hotspot = any(each["Id"] == _HOTSPOT and each["Connection"] not in known for each in active)
        connected = (each["Connection"] for each in active if each["State"] == nm.ACTIVE)
        return Seen(
            radio=_radio(objects) is not None,
            cable=any(each["Carrier"] for each in objects["Device.Wired"].values()),
            connected=next((known[path] for path in connected if path in known), None),
            hotspot=hotspot,
            known=tuple(sorted(set(known.values()))),
            nearby=() if hotspot else _nearby(objects["AccessPoint"].values()),
        )

    def scan(self) -> None:
        with self._manager.talk() as talk:
            radio = _radio(talk.objects())
            if radio is not None:
                talk.scan(radio)

    def join(self, network: WifiNetwork) -> None:
        self._prepare(network)
        with self._manager.talk() as talk:
            before = _called(talk, network.ssid)
            _add(talk, network, by_itself=True)
            _forget(talk, before)

    def attempt(self, network: WifiNetwork, timeout: float) -> Outcome:
        self._prepare(network)
        self.close_hotspot()
        with self._manager.talk() as talk:
            radio = _radio(talk.objects())
            if radio is None:
                return Outcome.NOT_REACHED
            # One of the same name may be right where this one is mistyped: it stays until then.
            before = _called(talk, network.ssid)
            connection = _add(talk, network, by_itself=False)
            outcome = Outcome.NOT_REACHED
            try:
                outcome = _try(talk, connection, radio, timeout)
            finally:
                _forget(talk, before if outcome is Outcome.JOINED else [connection])
        return outcome

    def forget(self, ssid: str) -> None:
        with self._manager.talk() as talk:
            paths = _called(talk, ssid)
            if not paths:
                raise BadInput("The box does not know this Wi-Fi.", "Look at the list again.", key="no-such-wifi")
            _forget(talk, paths)

    def open_hotspot(self, name: str) -> None:
        settings: nm.Settings = {
            "connection": {"id": ("s", _HOTSPOT), "type": ("s", "802-11-wireless"), "autoconnect": ("b", False)},
            "802-11-wireless": {"ssid": ("ay", name.encode()), "mode": ("s", "ap"), "band": ("s", "bg")},
            "ipv4": {
                "method": ("s", "shared"),
                "address-data": (
                    "aa{sv}",
                    [{"address": ("s", HOTSPOT_ADDRESS), "prefix": ("u", HOTSPOT_PREFIX)}],
                ),
            },
            "ipv6": {"method": ("s", "disabled")},
        }
        with self._manager.talk() as talk:
            talk.turn_radios_on()
            radio = _radio(talk.objects())
            if radio is not None:
                talk.activate_once(settings, radio)

    def close_hotspot(self) -> None:
        with self._manager.talk() as talk:
            for path, active in talk.objects()["Connection.Active"].items():
                if active["Id"] == _HOTSPOT:
                    talk.deactivate(path)

    def obey(self, country: str) -> None:
        # Outside of our own sandbox, which may not touch the network's settings.
        outside = ["systemd-run", "--quiet", "--wait", "--collect"]
        try:
            self._runner.run([*outside, "iw", "reg", "set", country], timeout=20.0, check=False)
        except HearthError as error:
            log.warning("the rules of the country could not be set: %s", error)

    def _prepare(self, network: WifiNetwork) -> None:
        check(network)
        self.obey(network.country)
        with self._manager.talk() as talk:
            talk.turn_radios_on()


def _radio(objects: dict[str, dict[str, nm.Properties]]) -> str | None:
    """The path of the first one."""
    return next((path for path, each in sorted(objects["Device"].items()) if each["DeviceType"] == nm.WIFI), None)


def _remembered(talk: Manager) -> dict[str, nm.Properties]:
    return {
        path: settings
        for path, settings in talk.connections().items()
        if settings.get("802-11-wireless", {}).get("mode", "infrastructure") == "infrastructure"
        and "802-11-wireless" in settings
    }


def _ssid(settings: nm.Properties) -> str:
    return bytes(settings["802-11-wireless"]["ssid"]).decode(errors="replace")


def _nearby(points: Iterable[nm.Properties]) -> tuple[Nearby, ...]:
    best: dict[str, Nearby] = {}
    for point in points:
        ssid = bytes(point["Ssid"]).decode(errors="replace")
        secured = point["WpaFlags"] | point["RsnFlags"]
        locked = bool(secured & _SECURED)
        if (
            not ssid.strip()
            or not ssid.isprintable()
            or (not locked and (secured & _UNUSABLE or point["Flags"] & _PRIVACY))
        ):
            continue
        if ssid not in best or best[ssid].strength < point["Strength"]:
            best[ssid] = Nearby(ssid, int(point["Strength"]), locked)
    return tuple(sorted(best.values(), key=lambda each: (-each.strength, each.ssid)))


def _called(talk: Manager, ssid: str) -> list[str]:
    return [path for path, settings in _remembered(talk).items() if _ssid(settings) == ssid]


def _forget(talk: Manager, paths: list[str]) -> None:
    for path in paths:
        talk.forget(path)


def _add(talk: Manager, network: WifiNetwork, *, by_itself: bool) -> str:
    settings: nm.Settings = {
        "connection": {"id": ("s", network.ssid), "type": ("s", "802-11-wireless")},
        "802-11-wireless": {"ssid": ("ay", network.ssid.encode()), "hidden": ("b", network.hidden)},
    }
    if network.password:
        settings["802-11-wireless-security"] = {
            "key-mgmt": ("s", "wpa-psk"),
            "psk": ("s", network.password.reveal()),
        }
    return talk.add(settings, by_itself=by_itself)


def _try(talk: Manager, connection: str, radio: str, timeout: float) -> Outcome:
    """Again and again: a radio that has just made a hotspot needs a while to find what is near."""
    changes, end = talk.changes(radio), time.monotonic() + timeout
    while True:
        talk.activate(connection, radio)
        outcome = _wait(changes, end - time.monotonic())
        left = end - time.monotonic()
        if outcome is not Outcome.NOT_REACHED or left <= 0:
            return outcome
        time.sleep(min(_PAUSE, left))


def _wait(changes: Signals, timeout: float) -> Outcome:
    try:
        for state, _, reason in changes.bodies(timeout):
            if state == nm.ACTIVATED:
                return Outcome.JOINED
            if state == nm.FAILED:
                return Outcome.WRONG_PASSWORD if reason == nm.NO_SECRETS else Outcome.NOT_REACHED
    except TimeoutError:
        log.warning("the Wi-Fi was not reached in time")
    return Outcome.NOT_REACHED
