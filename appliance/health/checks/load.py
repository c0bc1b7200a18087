# SPDX-License-Identifier: AGPL-3.0-or-later
"""Has the box more to do than it can? A quarter of an hour of it, so that one big picture does not count."""

from appliance.health.model import Health
from appliance.health.restart import RESTART
from appliance.status import Level
from appliance.supervisor.issues import Finding

MUCH = 3.0


def check(health: Health) -> Finding | None:
    if health.load < MUCH:
        return None
    return Finding(
        "busy",
        Level.ATTENTION,
        "The box has had more work than it can do for a quarter of an hour.",
        "It may pass by itself. If it does not, restart the box when nobody needs it.",
        (RESTART,),
    )
