# SPDX-License-Identifier: AGPL-3.0-or-later
"""A virtual board in a real home network: the box's own web server runs, on the ports that a real box has."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.board.virtual import home
from appliance.errors import HearthError
from appliance.internet import front
from appliance.system.unit_files import ServiceUnit, Units, in_order, parse_service, read_units

_UNIT = "hearth-web"
_TUNNEL = "hearth-tunnel"
_HANDED_ON = ("HEARTH_ACME_", "HEARTH_TIME_HEARD")


@dataclass(frozen=True)
class Ports:
    """Where the parts of a box listen on this machine."""

    console: int
    panel: int
    instance: int
    streams: int


# As the image's web server expects them behind it; the panel beside.
BEHIND_THE_WEB_SERVER = Ports(console=8081, panel=8084, instance=8082, streams=8083)


def ports_from(first: int) -> Ports:
    return Ports(first, first + 1, first + 2, first + 3)


def places(state: Path, runtime: Path, environment: Mapping[str, str] = os.environ) -> front.Places:
    """What it writes lies in the box's state; its configuration is the image's. Raises HearthError no-web-server."""
    config = home.units_folder().parent / "image/overlay/etc/caddy/Caddyfile"
    own = {
        "HEARTH_WEB_CONFIG": str(config),
        "HEARTH_WEB_SITES": str(state / "web"),
        "HEARTH_WEB_STORAGE": str(state / "caddy/caddy"),
        "HEARTH_WEB_RUNTIME": str(runtime / "web"),
    }
    found = front.places(own | dict(environment))
    if not found.program.exists():
        raise HearthError("no-web-server", f"There is no {found.program}.", "Install the package caddy.")
    return found


def neighbours() -> Path:
    """The image's program that tells the firewall who is at home here. Raises HearthError units-missing."""
    return home.units_folder().parent / "image/overlay/usr/lib/hearth/neighbours"


def environment(web: front.Places, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What tells the parts of the box that their home is real, and where its web server is."""
    told = {name: value for name, value in outer.items() if name.startswith(_HANDED_ON)}
    return told | {
        "HEARTH_HOME": "real",
        "HEARTH_BEHIND_PROXY": "1",
        "HEARTH_WEB_PROGRAM": str(web.program),
        "HEARTH_WEB_CONFIG": str(web.config),
        "HEARTH_WEB_SITES": str(web.sites),
        "HEARTH_WEB_STORAGE": str(web.storage),
        "HEARTH_WEB_RUNTIME": str(web.runtime),
    }


def units(web: front.Places) -> Units:
    """The box's units, the web server's among them. Raises HearthError units-missing or unit-damaged."""
    known = read_units(home.units_folder() / "system")
    more = [_web(_of_the_box(_UNIT), web), replace(_of_the_box(_TUNNEL), user="root", wanted=False)]
    return Units(in_order([*known.services, *more]), known.sockets)


def _of_the_box(name: str) -> ServiceUnit:
    return parse_service(name, (home.units_folder() / "box/system" / f"{name}.service").read_text())


def _web(unit: ServiceUnit, web: front.Places) -> ServiceUnit:
    """Its paths are this machine's, and it is whoever we are."""
    data = {"XDG_DATA_HOME": str(web.storage.parent), "XDG_CONFIG_HOME": str(web.storage.parent)}
    command = (str(web.program), "run", "--config", str(web.config))
    return replace(unit, command=command, user="root", environment={**unit.environment, **data})
