# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a visitor comes over the box's own hotspot, which is open to whoever is near."""

import ipaddress

from flask import request

from appliance.console.context import status
from appliance.system.wifi import HOTSPOT_ADDRESS, HOTSPOT_PREFIX

ADDRESS = f"http://{HOTSPOT_ADDRESS}/"
_NETWORK = ipaddress.ip_network(f"{HOTSPOT_ADDRESS}/{HOTSPOT_PREFIX}", strict=False)


def name() -> str:
    """The hotspot's, "" while there is none."""
    return next((each.facts.get("hotspot", "") for each in status().capabilities if each.name == "network"), "")


def by_hotspot() -> bool:
    try:
        there = ipaddress.ip_address(request.remote_addr or "") in _NETWORK
    except ValueError:
        return False
    return there and bool(name())
