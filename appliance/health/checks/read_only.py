# SPDX-License-Identifier: AGPL-3.0-or-later
"""Can the box still write? The kernel forbids it when it meets a damaged file system, to save what is there."""

from appliance.health.restart import RESTART
from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding


def check(storage: Storage) -> Finding | None:
    if not storage.read_only:
        return None
    return Finding(
        "storage-read-only",
        Level.FAILING,
        "The card can no longer be written.",
        "Restart the box: it checks the card as it starts. If this comes back, the card is worn out: replace it.",
        (RESTART,),
    )
