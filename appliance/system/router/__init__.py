# SPDX-License-Identifier: AGPL-3.0-or-later
"""The router: asked which ports of its lead here, and to lead them here, by PCP, NAT-PMP or UPnP."""

from appliance.system.router.door import LEASE_SECONDS, Router, refuses, silent, strange, taken
from appliance.system.router.virtual import Manners, Mood, VirtualRouter

__all__ = [
    "LEASE_SECONDS",
    "Manners",
    "Mood",
    "Router",
    "VirtualRouter",
    "refuses",
    "silent",
    "strange",
    "taken",
]
