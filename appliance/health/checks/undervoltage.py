# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the power supply keep up? A weak one damages cards; that it failed once since power-on counts as well."""

from appliance.health.model import Health
from appliance.status import Level
from appliance.supervisor.issues import Finding

_REMEDY = "Use the power supply made for this board, and a short, thick cable."

_MEANWHILE = "Until then the box puts off what writes much."


def check(health: Health) -> Finding | None:
    if health.undervoltage:
        return Finding("undervoltage", Level.ATTENTION, "The power supply is too weak.", f"{_REMEDY} {_MEANWHILE}")
    if health.undervoltage_since_boot:
        return Finding("undervoltage-seen", Level.ATTENTION, "The power supply was too weak for a moment.", _REMEDY)
    return None
