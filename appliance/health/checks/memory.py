# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is there memory left?"""

from appliance.health.model import Health
from appliance.health.restart import RESTART
from appliance.status import Level
from appliance.supervisor.issues import Finding

LITTLE = 0.05


def check(health: Health) -> Finding | None:
    if health.memory_available >= health.memory_total * LITTLE:
        return None
    return Finding(
        "memory-low",
        Level.ATTENTION,
        "The box has hardly any memory left.",
        "Restart it when nobody needs it.",
        (RESTART,),
    )
