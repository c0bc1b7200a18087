# SPDX-License-Identifier: AGPL-3.0-or-later
"""Did the box have to start without its data? It then runs on memory alone, as if new, and harms nothing."""

from appliance.health.restart import RESTART
from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding


def check(storage: Storage) -> Finding | None:
    if not storage.makeshift:
        return None
    return Finding(
        "data-missing",
        Level.FAILING,
        "The box could not use its data, and left it as it is.",
        f"{storage.makeshift} Do not set the box up again: restart it once, and if this comes back, ask for help.",
        (RESTART,),
    )
