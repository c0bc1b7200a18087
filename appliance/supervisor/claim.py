# SPDX-License-Identifier: AGPL-3.0-or-later
"""Claiming: who may call the box theirs. A pure state machine; browsers appear as the SHA-256 of their token.

A press of the button counts only if exactly one browser is waiting, within 60 s, and only for that browser.
Once there is an owner the same machine decides for which browser a press opens the recovery login.
While there is no owner yet a later press claims again, for another browser: else a lost cookie would lock
the box for good. Whoever presses the button has the box in their hands.
"""

import hashlib
from dataclasses import dataclass

from appliance.secret import Secret
from appliance.supervisor.protocol import ClaimState, ClaimView

WAIT_SECONDS = 60.0
MAX_WAITING = 8  # more only make the contest bigger


@dataclass(frozen=True)
class Waiting:
    """One browser, and until when (monotonic) a press counts for it."""

    browser: str
    until: float


def fingerprint(browser: Secret) -> str:
    return hashlib.sha256(browser.reveal().encode()).hexdigest()


def still_waiting(waiting: tuple[Waiting, ...], now: float) -> tuple[Waiting, ...]:
    return tuple(each for each in waiting if now <= each.until)


def wait(waiting: tuple[Waiting, ...], browser: str, now: float) -> tuple[Waiting, ...]:
    """Start waiting; a browser that waits already keeps its time, so that asking often doesn't prolong it.

    In a crowd the one that has waited longest gives way: whoever is turned out leaves so many behind that wait
    longer than it would have, so that a press meets a contest and never the last of a crowd.
    """
    waiting = still_waiting(waiting, now)
    if any(each.browser == browser for each in waiting):
        return waiting
    return (*waiting[-(MAX_WAITING - 1) :], Waiting(browser, now + WAIT_SECONDS))


def press(waiting: tuple[Waiting, ...], now: float) -> str | None:
    """The browser that a press now counts for, or None: nobody waits, or several do."""
    waiting = still_waiting(waiting, now)
    return waiting[0].browser if len(waiting) == 1 else None


def view(waiting: tuple[Waiting, ...], browser: str, now: float, *, given_to: str | None, for_good: bool) -> ClaimView:
    """What this browser is shown. `given_to` is the one that has what a press gives; `for_good`: no press gives it
    to another any more."""
    if given_to == browser:
        return ClaimView(ClaimState.MINE)
    if for_good:
        return ClaimView(ClaimState.TAKEN)
    waiting = still_waiting(waiting, now)
    mine = next((each for each in waiting if each.browser == browser), None)
    if mine is None:
        return ClaimView(ClaimState.TAKEN if given_to else ClaimState.FREE)
    state = ClaimState.WAITING if len(waiting) == 1 else ClaimState.CONTESTED
    return ClaimView(state, seconds_left=int(mine.until - now))
