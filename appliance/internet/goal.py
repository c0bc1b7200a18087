# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the owner wants of the internet, and what the doors are asked about: pure."""

from dataclasses import dataclass
from typing import Any

from appliance.internet.model import Goal, Link
from appliance.settings import Settings


@dataclass(frozen=True)
class Ask:
    """What a door looks at: for which goal, and from which place in the home network. `opened` is what others who try
    to reach the box find changed: their answer is worth nothing afterwards."""

    goal: Goal
    link: Link
    opened: tuple[Any, ...] = ()


def goal(settings: Settings) -> Goal | None:
    """None where nobody is to be asked anything: at home only, undecided, or a box that belongs to nobody, be it new
    or after a reset: it offers nothing to the internet."""
    if settings.owner is None or not settings.address:
        return None
    return Goal(
        settings.address,
        settings.helpers,
        held=settings.name_held,
        account=settings.name_account,
        by_hand=settings.ports_by_hand,
        gateway=settings.gateway,
    )
