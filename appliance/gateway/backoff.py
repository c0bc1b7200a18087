# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long a box waits before it knocks at its gateway again. Pure."""

SOON = (0.5, 1.0, 2.0, 4.0)
OFTEN = 5.0  # while the gateway may only just have been started again
OFTEN_FOR = 60  # attempts, which is some five minutes
SELDOM = 30.0
REFUSED = 900.0  # who was told no is not let in by asking louder


def pause(failures: int, *, refused: bool, jitter: float) -> float:
    """Seconds after so many failures in a row (1 or more). `jitter` from 0 to 1 keeps boxes from knocking together."""
    if refused:
        return REFUSED * (1 + jitter / 10)
    later = OFTEN if failures <= OFTEN_FOR else SELDOM
    base = SOON[failures - 1] if failures <= len(SOON) else later
    return base * (0.8 + 0.4 * jitter)
