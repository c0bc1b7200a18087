# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the box know what time it is? Boards have no clock of their own that outlives the power."""

from appliance.health.model import Health
from appliance.status import Level
from appliance.supervisor.issues import Finding

PATIENCE = 1800.0  # seconds


def check(health: Health) -> Finding | None:
    if health.clock_trusted:
        return None
    # Normal for a minute after power-on. For good it is a box that no certificate and no other server will work with.
    return Finding(
        "clock-not-set",
        Level.ATTENTION if health.clock_waits >= PATIENCE else Level.WELL,
        "The box does not know the time yet.",
        "It asks the internet for it: check that the box is connected to the router.",
    )
