# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is the box too hot? Raspberry Pis slow down at 80 °C and much more at 85 °C ("Frequency management and thermal
control" in their documentation)."""

from appliance.health.model import Health
from appliance.status import Level
from appliance.supervisor.issues import Finding

HOT, TOO_HOT = 80.0, 85.0
_REMEDY = "Give it air: take it out of the cupboard, or off the heater."


def check(health: Health) -> Finding | None:
    if health.temperature >= TOO_HOT:
        return Finding("too-hot", Level.FAILING, "The box is far too hot.", _REMEDY)
    if health.temperature >= HOT:
        return Finding("hot", Level.ATTENTION, "The box is too hot.", _REMEDY)
    return None
