# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is the box connected to anything?"""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.link.carrier:
        return None
    return Finding(
        "no-link",
        Level.ATTENTION,
        "The box is not connected to the router.",
        "Plug a cable in between the box and the router, or press the box's button to tell it your Wi-Fi.",
    )
