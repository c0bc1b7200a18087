# SPDX-License-Identifier: AGPL-3.0-or-later
"""Interfaces: the machine's name and addresses in its network."""

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import netifaces


class Interfaces(Protocol):
    def host(self) -> str:
        """The machine's name, without a domain."""
        ...

    def machine(self) -> str:
        """The machine's id (machine-id(5)), "" where there is none. It is to be shown to nobody as it is."""
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

    def addresses(self) -> tuple[str, ...]:
        found: list[str] = []
        for interface in netifaces.interfaces():
            try:
                entries = netifaces.ifaddresses(interface)
            except ValueError:  # it went away meanwhile
                continue
            for family in (netifaces.AF_INET, netifaces.AF_INET6):
                found += [entry["addr"] for entry in entries.get(family, ()) if "addr" in entry]
        return tuple(found)


@dataclass(frozen=True)
class VirtualInterfaces:
    """What it is told to have."""

    name: str = "hearth"
    found: tuple[str, ...] = ("127.0.0.1", "192.0.2.1")

    def host(self) -> str:
        return self.name

    def machine(self) -> str:
        return f"machine of {self.name}"

    def addresses(self) -> tuple[str, ...]:
        return self.found
