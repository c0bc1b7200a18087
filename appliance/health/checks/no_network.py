# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is the box connected to anything?"""

from appliance.network.model import Network
from appliance.status import Level
from appliance.supervisor.issues import Finding
from appliance.system.wifi import HOTSPOT_ADDRESS

_SENTENCE = "The box is not connected to the network at home."


def check(network: Network) -> Finding | None:
    # With a carrier it is the router that does not answer: the internet's capability says so.
    if network.addresses or network.carrier:
        return None
    if network.open:
        remedy = (
            f"Join its own Wi-Fi, {network.hotspot_name}, with a phone: the box's page opens by itself, or at"
            f" http://{HOTSPOT_ADDRESS}/. Or plug a cable in between the box and the router."
        )
    elif network.wifi.radio and not network.wifi.cable:
        remedy = "Press the button of the box: it opens a Wi-Fi of its own. Or plug in a cable to the router."
    else:
        remedy = "Check the cable between the box and the router."
    return Finding("no-network", Level.ATTENTION, _SENTENCE, remedy)
