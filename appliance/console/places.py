# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a browser belongs now, and sending it there."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response

from appliance.console import session as who
from appliance.console.context import console, current_step, status, status_changed
from appliance.console.hotspot import by_hotspot
from appliance.errors import HearthError
from appliance.setup import Step
from appliance.supervisor.protocol import ClaimState

DASHBOARD = "dashboard.show"


def place() -> str:
    """The endpoint this browser belongs at: claim page, login, Wi-Fi, a step of the wizard, or the dashboard."""
    if by_hotspot():
        return _place_over_hotspot()
    if status().box.owner is None:
        return "wizard.owner" if _mine() else "claim.show"
    if not who.logged_in():
        return "login.show"
    step = current_step()
    return DASHBOARD if step is Step.DONE else f"wizard.{step.value}"


def _mine() -> bool:
    return status().box.claimed and console().supervisor.claim_look(who.browser()).state is ClaimState.MINE


def _place_over_hotspot() -> str:
    """The wizard goes on at home: what it asks should not be read by whoever is near."""
    if status().box.owner is None:
        return "wifi.show" if _mine() else "claim.show"
    return "wifi.show" if who.logged_in() else "login.show"


def go_on() -> Response:
    """Send the browser where it belongs, by GET."""
    return redirect(url_for(place()), 303)


def only_owner() -> Response | None:
    """For `before_request`: let only the owner of a box that is set up pass."""
    return None if place() == DASHBOARD else go_on()


def attempt(action: Callable[[], object], *, done: str, back: str) -> Response:
    """Do it, say that it is done or why not, and go back by GET, so that loading again repeats nothing."""
    try:
        action()
    except HearthError as error:
        flash(str(error), "error")
    else:
        status_changed()
        flash(done, "well")
    return redirect(url_for(back), 303)
