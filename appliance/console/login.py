# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's way in, out, and back in after forgetting the password."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console import session as who
from appliance.console.context import console, status, status_changed
from appliance.console.guard import text
from appliance.console.places import go_on
from appliance.errors import BadInput, HearthError, Refused
from appliance.passwords import check_strength
from appliance.secret import Secret


def blueprint() -> Blueprint:
    login = Blueprint("login", __name__)
    login.add_url_rule("/login", "show", show, methods=["GET", "POST"])
    login.add_url_rule("/logout", "leave", leave, methods=["POST"])
    login.add_url_rule("/recovery", "recovery", recovery, methods=["GET", "POST"])
    login.add_url_rule("/recovery/code", "code", code, methods=["POST"])
    return login


def show() -> Response:
    if status().box.owner is None or who.logged_in():
        return go_on()
    if request.method == "GET":
        return _page("login", {})
    username = text("username", limit=100).removeprefix("@").lower()
    try:
        epoch = console().supervisor.owner_login(
            username, Secret(request.form.get("password", "")), request.remote_addr or ""
        )
    except HearthError as error:
        return _page("login", {"": str(error)}, error.status, username=username)
    who.log_in(username, epoch)
    return go_on()


def leave() -> Response:
    who.log_out()
    flash("You are logged out.", "well")
    return redirect(url_for("login.show"), 303)


def recovery() -> Response:
    """A press of the button opened this for five minutes: whoever holds the box may choose a new password."""
    owner = status().box.owner
    if owner is None:
        return go_on()
    if request.method == "GET":
        return _page("recovery", {})
    try:
        if not status().box.recovery_open:
            raise Refused("recovery-closed", "The five minutes are over.", "Press the button again.")
        new = new_password(about=owner)
        epoch = console().supervisor.owner_password(new, recovery=True)
    except HearthError as error:
        return _page("recovery", {"new" if error.key in _AT_FIELD else "": str(error)}, error.status)
    who.log_in(owner, epoch)
    status_changed()
    tell_instance(owner, new)
    return go_on()


def code() -> Response:
    """The code from the card opens the same five minutes."""
    if status().box.owner is None:
        return go_on()
    given = "".join(text("code", limit=200).split())
    try:
        console().supervisor.claim_code(who.browser(), Secret(given))
    except HearthError as error:
        return _page("recovery", {"code": str(error)}, error.status)
    return redirect(url_for("login.recovery"), 303)


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


def _page(name: str, errors: dict[str, str], status_code: int = 200, *, username: str = "") -> Response:
    return make_response(render_template(f"console/{name}.html", errors=errors, username=username), status_code)
