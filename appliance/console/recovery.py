# SPDX-License-Identifier: AGPL-3.0-or-later
"""Back in after forgetting the password: by a press of the button while this browser waits, or by the card's code.

The press or the code opens this for the one browser, for five minutes: whoever else is in the home gets nothing.
"""

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from appliance.console import session as who
from appliance.console import waiting
from appliance.console.context import console, status, status_changed
from appliance.console.guard import text
from appliance.console.places import go_on
from appliance.errors import BadInput, HearthError
from appliance.parse import to_dict
from appliance.passwords import check_strength
from appliance.secret import Secret
from appliance.supervisor.protocol import ClaimView


def blueprint() -> Blueprint:
    recovery = Blueprint("recovery", __name__)
    recovery.before_request(_only_with_owner)
    recovery.add_url_rule("/recovery", "show", show)
    recovery.add_url_rule("/recovery", "choose", choose, methods=["POST"])
    recovery.add_url_rule("/recovery/wait", "wait", wait, methods=["POST"])
    recovery.add_url_rule("/recovery/code", "code", code, methods=["POST"])
    recovery.add_url_rule("/recovery/state", "look", look)
    return recovery


def _only_with_owner() -> Response | None:
    return go_on() if status().box.owner is None else None


def show() -> Response:
    return waiting.page(_view())


def wait() -> Response:
    console().supervisor.recovery_wait(who.browser())
    waiting.began()
    return redirect(url_for("recovery.show"), 303)


def choose() -> Response:
    """The new password."""
    owner = status().box.owner or ""
    try:
        new = new_password(about=owner)
        epoch = console().supervisor.owner_password(new, recovery=who.browser())
    except HearthError as error:
        return waiting.page(_view(), {"new" if error.key in _AT_FIELD else "": str(error)}, error.status)
    who.log_in(owner, epoch)
    status_changed()
    tell_instance(owner, new)
    return go_on()


def code() -> Response:
    given = "".join(text("code", limit=200).split())
    try:
        console().supervisor.claim_code(who.browser(), Secret(given))
    except HearthError as error:
        return waiting.page(_view(), {"code": str(error)}, error.status)
    return redirect(url_for("recovery.show"), 303)


def look() -> Response:
    """What the page's script asks every second."""
    return jsonify(to_dict(_view()))


def _view() -> ClaimView:
    return console().supervisor.recovery_look(who.browser())


_AT_FIELD = frozenset({"weak-password", "not-the-same"})


def new_password(*, about: str) -> Secret:
    """The form's new password, typed twice. Raises BadInput weak-password or not-the-same."""
    new = Secret(request.form.get("new", ""))
    if not new.matches(request.form.get("again", "")):
        raise BadInput("The two passwords are not the same.", "Type the new one twice.", key="not-the-same")
    check_strength(new, about=(about,))
    return new


def tell_instance(owner: str, new: Secret) -> None:
    """The owner is a member too, with the same password. The box's login has changed even if the instance sleeps."""
    try:
        console().instance.set_password(owner, new)
    except HearthError as error:
        flash(f"The box has your new password, but your server still has the old one. {error}", "error")
    else:
        flash("Your new password holds for the box and for your account on the server.", "well")
