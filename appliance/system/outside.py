# SPDX-License-Identifier: AGPL-3.0-or-later
"""Outside: how the box looks from the internet, as others say who try to reach it.

The asking is done by the companion: it meets strangers all day, is walled in for it, and answers the helpers' tries
itself, so it knows which of them really came. The supervisor, which is root, gets numbers within bounds from it.
"""

from collections.abc import Callable
from typing import Protocol

from appliance.internet.model import Outside


class OutsideDoor(Protocol):
    def look(self, name: str, helpers: tuple[str, ...]) -> Outside | None:
        """Ask these helpers (host names) to try to reach this box by `name`, or by address where it is "". None where
        nobody is asked. Takes up to half a minute. Raises HearthError, nobody-tried where nobody could say anything."""
        ...


class VirtualOutside:
    """Finds what `look` says there is; `silent` while no helper answers."""

    def __init__(self, look: Callable[[], Outside] = Outside) -> None:
        self.look_outside = look
        self.silent = False
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def look(self, name: str, helpers: tuple[str, ...]) -> Outside | None:
        self.asked.append((name, helpers))
        found = self.look_outside()
        return None if self.silent or (found.seen4 is None and found.seen6 is None) else found
