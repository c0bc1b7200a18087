# SPDX-License-Identifier: AGPL-3.0-or-later
"""The door to the router, and what can go wrong at it."""

from collections.abc import Sequence
from typing import Protocol

from appliance.errors import HearthError, Unavailable
from appliance.internet import model
from appliance.internet.model import Mapping, Port

LEASE_SECONDS = 2 * 3600


class Router(Protocol):
    """Each call talks to the router and may take ten seconds and more: ask from a thread of your own."""

    def look(self, ports: Sequence[Port]) -> model.Router:
        """What it says of itself and of these ports. One that does not answer has no `control`.

        Raises HearthError router-strange where it answers what nobody can understand.
        """
        ...

    def open(self, port: Port, seconds: int = LEASE_SECONDS) -> Mapping:
        """Lead a port here, or renew that. Raises HearthError port-taken, router-refuses, router-silent,
        router-strange."""
        ...

    def open_pinhole(self, port: Port, seconds: int = LEASE_SECONDS) -> int:
        """Let IPv6 through to `port.outside` of this machine, for as many seconds as it answers, or renew that.
        Raises HearthError router-refuses, router-silent, router-strange."""
        ...

    def close(self, ports: Sequence[Port]) -> None:
        """Give back what of these is ours, pinholes too; what others hold is left alone. Raises HearthError."""
        ...


def silent() -> HearthError:
    return Unavailable(
        "router-silent",
        "The router does not answer when it is asked to open ports.",
        "Switch on UPnP, NAT-PMP or PCP in the router's settings.",
    )


def strange() -> HearthError:
    return Unavailable(
        "router-strange",
        "The router's answers make no sense.",
        "Start the router again. If it goes on like this, open the ports in its own settings.",
    )


def refuses(reason: str = "") -> HearthError:
    said = f": {reason}." if reason else "."
    return HearthError(
        "router-refuses",
        f"The router refuses to open ports{said}",
        "Allow this box to open ports in the router's settings, or open them there by hand.",
        status=409,
    )


def taken(port: Port, holder: str = "") -> HearthError:
    return HearthError(
        "port-taken",
        f"Port {port.outside} is used by {holder or 'another machine at home'}.",
        "Take the port away from it, in its settings or in the router's.",
        status=409,
    )
