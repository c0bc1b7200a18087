# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the fan turn when it should? A box without a fan has nothing to say here."""

from appliance.health.model import Health
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(health: Health) -> Finding | None:
    if health.fan is None or not health.fan.wanted or health.fan.speed > 0:
        return None
    return Finding(
        "fan-stuck",
        Level.ATTENTION,
        "The box's fan does not turn.",
        "Shut the box down, and see whether something blocks the fan or its cable is loose.",
    )
