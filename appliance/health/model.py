# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the box's health."""

from dataclasses import dataclass

from appliance.board.model import Fan


@dataclass(frozen=True)
class Health:
    """Degrees Celsius; bytes of memory that programs can still have, and of all; `load` is how many programs wanted a
    processor in the last fifteen minutes, for each processor there is; `clock_waits` for how many seconds the time has
    not been known."""

    temperature: float
    undervoltage: bool
    undervoltage_since_boot: bool
    memory_available: int
    memory_total: int
    clock_trusted: bool
    throttled: bool = False
    throttled_since_boot: bool = False
    fan: Fan | None = None
    load: float = 0.0
    clock_waits: float = 0.0
