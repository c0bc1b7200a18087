# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fix that several checks offer: a restart, which frees memory and lets the file systems be checked."""

from dataclasses import dataclass

from appliance.status import Fix

RESTART = Fix("restart-box", "Restart the box")


@dataclass(frozen=True)
class Restart:
    """Restart the box."""
