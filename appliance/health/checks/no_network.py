# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is the box connected to anything?"""

from appliance.network.model import Network
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(network: Network) -> Finding | None:
    if network.addresses:
        return None
    return Finding(
        "no-network",
        Level.ATTENTION,
        "The box is not connected to the network at home.",
        "Check the cable between the box and the router.",
    )
