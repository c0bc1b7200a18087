# SPDX-License-Identifier: AGPL-3.0-or-later
"""Network as a capability: which addresses to type into a browser at home."""

import ipaddress
from collections.abc import Iterable

from appliance.health.checks import no_network
from appliance.network.model import Network
from appliance.settings import Settings
from appliance.status import Capability as Report
from appliance.supervisor.capability import Plan
from appliance.supervisor.issues import worst
from appliance.system.interfaces import Interfaces


class NetworkCapability:
    name = "network"

    def __init__(self, interfaces: Interfaces, *, console_url: str | None) -> None:
        """`console_url`: where the console answers if that is not port 80 of this machine."""
        self._interfaces = interfaces
        self._console_url = console_url

    def observe(self) -> Network:
        return Network(self._interfaces.host(), reachable(self._interfaces.addresses()))

    def plan(self, settings: Settings, observed: Network) -> Plan:
        finding = no_network.check(observed) if self._console_url is None else None
        findings = (finding,) if finding else ()
        facts = {"host": observed.host, "addresses": ", ".join(observed.addresses)}
        sentence = findings[0].sentence if findings else "The box is connected to the network at home."
        report = Report(self.name, worst(each.level for each in findings), sentence, facts)
        return Plan(report, findings, addresses=console_addresses(observed, self._console_url))

    def apply(self, action: None) -> None:
        """There is nothing to apply."""

    def fix(self, key: str) -> None:
        return None


def reachable(addresses: Iterable[str]) -> tuple[str, ...]:
    """Those that another machine at home can use: no loopback, no link-local ones; IPv4 first."""
    parsed = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
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
