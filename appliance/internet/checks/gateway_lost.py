# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the tunnel to the gateway of the community hold?"""

from appliance.internet.model import Way
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(way: Way) -> Finding | None:
    if way.tunnel is None or way.tunnel.connected or way.tunnel.calling:
        return None
    reason = f" It says: {way.tunnel.error}" if way.tunnel.error else ""
    return Finding(
        "gateway-lost",
        Level.ATTENTION,
        f"The box does not reach its gateway, {way.tunnel.gateway}.",
        f"It keeps trying. If this stays, ask whoever runs the gateway.{reason}",
    )
