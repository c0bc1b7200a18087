# SPDX-License-Identifier: AGPL-3.0-or-later
"""Is a card or disk near the end of its life? Those that don't tell (most SD cards) can't be judged."""

import re
from collections.abc import Iterator

from appliance.status import Level
from appliance.storage.model import Storage
from appliance.supervisor.issues import Finding

OLD, USED_UP = 0.8, 1.0


def check(storage: Storage) -> Iterator[Finding]:
    for drive in storage.drives:
        name = re.sub(r"[^a-z0-9]+", "-", drive.name.lower())
        remedy = f"Get a new one, and move what you want to keep while {drive.model} can still be read."
        if drive.failing:
            yield Finding(f"drive-failing-{name}", Level.FAILING, f"{drive.model} says that it will fail soon.", remedy)
        elif drive.worn is not None and drive.worn >= USED_UP:
            yield Finding(f"drive-worn-{name}", Level.FAILING, f"{drive.model} is worn out.", remedy)
        elif drive.worn is not None and drive.worn >= OLD:
            used = f"{drive.worn * 100:.0f} per cent of its life is used up."
            yield Finding(
                f"drive-old-{name}", Level.ATTENTION, f"{drive.model} is getting old: {used}", "Plan for a new one."
            )
