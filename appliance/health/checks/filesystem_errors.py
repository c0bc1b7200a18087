# SPDX-License-Identifier: AGPL-3.0-or-later
"""Did the kernel find mistakes in the file system? ext4 counts them until it is checked, which happens at a start."""

from appliance.health.restart import RESTART
from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding


def check(storage: Storage) -> Finding | None:
    if storage.errors == 0:
        return None
    times = "One mistake was" if storage.errors == 1 else f"{storage.errors} mistakes were"
    return Finding(
        "storage-errors",
        Level.ATTENTION,
        f"{times} found in how the card keeps its files.",
        "Restart the box: it checks and mends the card as it starts. If this comes back, replace the card.",
        (RESTART,),
    )
