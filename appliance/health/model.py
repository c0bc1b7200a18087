# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is observed of the box's health."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Health:
    """Degrees Celsius; bytes of memory that programs can still have, and of all."""

    temperature: float
    undervoltage: bool
    undervoltage_since_boot: bool
    memory_available: int
    memory_total: int
    clock_trusted: bool
