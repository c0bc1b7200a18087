# SPDX-License-Identifier: AGPL-3.0-or-later
"""Network as a capability: which addresses to type into a browser at home, who is a neighbour, and a hotspot of the
box's own where there is neither cable nor Wi-Fi."""

import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from appliance.errors import HearthError
from appliance.health.checks import no_network
from appliance.network import hotspot, local_name
from appliance.network.hotspot import Phase
from appliance.network.model import Network
from appliance.network.radio import Radio
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import worst
from appliance.system.firewall import Firewall
from appliance.system.interfaces import Interfaces
from appliance.system.local_name import LocalName
from appliance.system.wifi import HOTSPOT_ADDRESS

log = logging.getLogger(__name__)


class Action(Enum):
    TELL_FIREWALL = "tell-firewall"
    SCAN = "scan"
    CLOSE_HOTSPOT = "close-hotspot"


@dataclass(frozen=True)
class OpenHotspot:
    name: str


@dataclass(frozen=True)
class Announce:
    """Under this name, ".local" behind it, the box is to be found at home."""

    name: str


class NetworkCapability:
    name = "network"

    def __init__(
        self,
        interfaces: Interfaces,
        radio: Radio,
        firewall: Firewall,
        *,
        console_url: str | None,
        local_name: LocalName | None = None,
    ) -> None:
        """`console_url`: where the console answers if that is not port 80 of this machine. `local_name` is None where
        the name is the machine's own affair."""
        self._local_name = local_name
        self._interfaces = interfaces
        self._radio = radio
        self._firewall = firewall
        self._console_url = console_url
        self._seen: frozenset[str] = frozenset()
        self._told: frozenset[str] = frozenset()

    def observe(self) -> Network:
        now, found = self._radio.look(), self._interfaces.addresses()
        self._seen = frozenset(found)
        announced = self._local_name.current() if self._local_name else ""
        return Network(
            announced or self._interfaces.host(),
            reachable(found),
            told=self._told == self._seen,
            wifi=self._radio.seen,
            hotspot=self._radio.state,
            hotspot_name=self._radio.name,
            now=now,
            announced=announced,
            carrier=self._interfaces.link().carrier,
        )

    def plan(self, settings: Settings, observed: Network) -> Plan:
        finding = no_network.check(observed) if self._console_url is None else None
        findings = (finding,) if finding else ()
        facts = {"host": observed.host, "addresses": ", ".join(observed.addresses)}
        if observed.wifi.connected is not None:
            facts["wifi"] = observed.wifi.connected
        if observed.open:
            facts["hotspot"] = observed.hotspot_name
        sentence = findings[0].sentence if findings else "The box is connected to the network at home."
        report = Report(self.name, worst(each.level for each in findings), sentence, facts)
        addresses = console_addresses(observed, self._console_url)
        wanted = local_name.label(settings.box_name)
        named = not observed.announced or local_name.stands_for(observed.announced, wanted)
        planned = (*actions(observed), *(() if named else (Announce(wanted),)))
        return Plan(report, findings, planned, addresses)

    def apply(self, action: Action | OpenHotspot | Announce) -> None:
        if isinstance(action, Announce) and self._local_name:
            self._local_name.announce(action.name)
        elif action is Action.TELL_FIREWALL:
            self._firewall.look_again()
            self._told = self._seen
        elif action is Action.SCAN:
            self._try_to_scan()
        elif action is Action.CLOSE_HOTSPOT:
            self._radio.wifi.close_hotspot()
        elif isinstance(action, OpenHotspot):
            self._open(action.name)

    def fix(self, key: str) -> None:
        return None

    def _open(self, name: str) -> None:
        try:
            self._radio.wifi.open_hotspot(name)
        except HearthError as error:
            log.warning("the hotspot could not be opened: %s", error)
            self._radio.tell(hotspot.refused)

    def _try_to_scan(self) -> None:
        try:
            self._radio.wifi.scan()
        except HearthError as error:
            # It looks around by itself already, or did so a moment ago.
            log.debug("no scan: %s", error)


def actions(observed: Network) -> Iterable[Action | OpenHotspot]:
    if not observed.told:
        yield Action.TELL_FIREWALL
    state = observed.hotspot
    if state is None or state.phase is Phase.JOINING:
        return
    if hotspot.wants_scan(state, observed.now):
        yield Action.SCAN
    if observed.open and not observed.wifi.hotspot:
        yield OpenHotspot(observed.hotspot_name)
    if observed.wifi.hotspot and not observed.open:
        yield Action.CLOSE_HOTSPOT


def reachable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Those that another machine at home can use: no loopback, no link-local ones, not the hotspot's; IPv4 first."""
    parsed = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            continue
        if str(address) == HOTSPOT_ADDRESS:
            continue
        if not (address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified):
            parsed.append(address)
    return tuple(str(address) for address in sorted(set(parsed), key=lambda each: (each.version, int(each))))


def console_addresses(network: Network, console_url: str | None) -> tuple[str, ...]:
    """What can be typed into a browser at home, easiest first."""
    if console_url:
        return (console_url,)
    numbers = (f"[{each}]" if ":" in each else each for each in network.addresses)
    return (f"http://{network.host}.local/", *(f"http://{number}/" for number in numbers))
