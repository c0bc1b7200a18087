# SPDX-License-Identifier: AGPL-3.0-or-later
"""Was the settings file damaged? The box goes on with the last good one, and somebody should know."""

from appliance.status import Fix, Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding

DELETE = Fix("delete-damaged-settings", "Delete the damaged copy")


def check(storage: Storage) -> Finding | None:
    if not storage.damaged:
        return None
    return Finding(
        "settings-damaged",
        Level.ATTENTION,
        "The box's settings were damaged, so the last good ones are used.",
        f"Check the settings. The damaged ones are kept as {storage.damaged[-1]}.",
        (DELETE,),
    )
