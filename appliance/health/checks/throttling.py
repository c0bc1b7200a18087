# SPDX-License-Identifier: AGPL-3.0-or-later
"""Does the box slow itself down? Boards do for heat and for want of power; both of those say so themselves, so this
speaks up only where neither explains it."""

from appliance.health.checks.heat import HOT
from appliance.health.model import Health
from appliance.status import Level
from appliance.supervisor.issues import Finding


def check(health: Health) -> Finding | None:
    explained = health.undervoltage or health.temperature >= HOT
    if health.throttled and not explained:
        return Finding(
            "slowed-down",
            Level.ATTENTION,
            "The box slows itself down.",
            "It does so when it is hot or its power supply is weak: give it air, and the power supply made for it.",
        )
    if health.throttled_since_boot and not health.throttled:
        return Finding(
            "slowed-down-before",
            Level.WELL,
            "The box slowed itself down for a while since it was started.",
            "If that happens often, give it more air or a better power supply.",
        )
    return None
