# SPDX-License-Identifier: AGPL-3.0-or-later
"""Interfaces: the machine's name and addresses in its network, and its way out of it."""

import ipaddress
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import netifaces
import psutil

from appliance.internet.model import Link
from appliance.system.wifi import HOTSPOT_ADDRESS

# The kernel's IPv6 addresses with their flags (if_addr.h): deprecated, not yet or no longer one's own, temporary.
_FLAGS6 = Path("/proc/thread-self/net/if_inet6")
_NOT_TO_USE, _TEMPORARY = 0x20 | 0x40 | 0x08, 0x01
_AT_HOME = Link(True, "eth0", "192.168.1.20", "192.168.1.1")


class Interfaces(Protocol):
    def host(self) -> str:
        """The machine's name, without a domain."""
        ...

    def machine(self) -> str:
        """The machine's id (machine-id(5)), "" where there is none. It is to be shown to nobody as it is."""
        ...

    def link(self) -> Link:
        """The way to the gateway, or, where there is none, the one that has a carrier. Addresses that a machine gives
        itself for want of others are none; an IPv6 gateway comes with its zone ("fe80::1%eth0")."""
        ...

    def addresses(self) -> tuple[str, ...]:
        """All IPv4 and IPv6 addresses as the kernel has them, with loopback ones and zones ("fe80::1%eth0")."""
        ...


class SystemInterfaces:
    def host(self) -> str:
        return platform.node()

    def machine(self) -> str:
        try:
            return Path("/etc/machine-id").read_text().strip()
        except OSError:
            return ""

    def link(self) -> Link:
        # Their carrier is asked of the kernel's sockets, and not of /sys, which may be that of another namespace.
        running = {name for name, each in psutil.net_if_stats().items() if each.isup}
        gateways = netifaces.gateways().get("default", {})
        gateway, by4 = gateways.get(netifaces.AF_INET, (None, None))
        gateway6, by6 = gateways.get(netifaces.AF_INET6, (None, None))
        interface = by4 or by6 or _first(each for each in netifaces.interfaces() if _serves(each, running))
        if interface is None:
            return Link(carrier=False)
        return Link(
            carrier=interface in running,
            interface=interface,
            address=_first(each for each in _addresses(interface, netifaces.AF_INET) if _is_given(each)),
            gateway=gateway,
            address6=_lasting(each for each in _addresses(interface, netifaces.AF_INET6) if _is_the_internets(each)),
            gateway6=_with_zone(gateway6, interface) if by6 == interface else None,
        )

    def addresses(self) -> tuple[str, ...]:
        families = (netifaces.AF_INET, netifaces.AF_INET6)
        return tuple(
            address
            for interface in netifaces.interfaces()
            for family in families
            for address in _addresses(interface, family)
        )


def _addresses(interface: str, family: int) -> list[str]:
    try:
        entries = netifaces.ifaddresses(interface).get(family, ())
    except ValueError:  # it went away meanwhile
        return []
    return [entry["addr"] for entry in entries if "addr" in entry]


def _serves(interface: str, running: set[str]) -> bool:
    """Whether it leads to a network at home: the box's own hotspot does not."""
    addresses = _addresses(interface, netifaces.AF_INET)
    return interface in running and HOTSPOT_ADDRESS not in addresses and interface != "lo"


def _is_given(text: str) -> bool:
    address = ipaddress.ip_address(text)
    return not (address.is_link_local or address.is_loopback or text == HOTSPOT_ADDRESS)


def _is_the_internets(text: str) -> bool:
    return ipaddress.ip_address(text.partition("%")[0]) in ipaddress.ip_network("2000::/3")


def _lasting(addresses: Iterable[str]) -> str | None:
    """The one to be found under: not one that a provider has taken back, nor, if there is another, one for a day."""
    flags = _flags6()
    good = [each for each in addresses if not flags.get(each, 0) & _NOT_TO_USE]
    return _first(sorted(good, key=lambda each: flags.get(each, 0) & _TEMPORARY))


def _flags6() -> dict[str, int]:
    try:
        lines = _FLAGS6.read_text().splitlines()
    except OSError:
        return {}
    rows = [line.split() for line in lines]
    return {str(ipaddress.IPv6Address(bytes.fromhex(row[0]))): int(row[4], 16) for row in rows if len(row) == 6}


def _with_zone(gateway: str | None, interface: str) -> str | None:
    if gateway is None or "%" in gateway or not ipaddress.ip_address(gateway).is_link_local:
        return gateway
    return f"{gateway}%{interface}"


def _first(values: Iterable[str]) -> str | None:
    return next(iter(values), None)


@dataclass(frozen=True)
class VirtualInterfaces:
    """What it is told to have."""

    name: str = "hearth"
    found: tuple[str, ...] = ("127.0.0.1", "192.0.2.1")
    to_gateway: Link = _AT_HOME

    def host(self) -> str:
        return self.name

    def machine(self) -> str:
        return f"machine of {self.name}"

    def link(self) -> Link:
        return self.to_gateway

    def addresses(self) -> tuple[str, ...]:
        return self.found
