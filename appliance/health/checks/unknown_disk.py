# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is a disk plugged in that the box does not know? It is left alone; that should not surprise anybody."""

import re
from collections.abc import Iterator

from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding


def check(storage: Storage) -> Iterator[Finding]:
    for disk in storage.disks:
        yield Finding(
            f"unknown-disk-{re.sub(r'[^a-z0-9]+', '-', disk.name.lower())}",
            Level.WELL,
            f"A disk is plugged in: {disk.model}, {disk.size / 1e9:.0f} GB.",
            "The box does not use it and writes nothing to it.",
        )
