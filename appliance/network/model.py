# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the home network."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """`addresses` are IPv4 and then IPv6 addresses of this machine that others at home can reach."""

    host: str
    addresses: tuple[str, ...]
