# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's way in and out."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console import session as who
from appliance.console.context import console, status
from appliance.console.guard import text
from appliance.console.places import go_on
from appliance.errors import HearthError
from appliance.secret import Secret


def blueprint() -> Blueprint:
    login = Blueprint("login", __name__)
    login.add_url_rule("/login", "show", show, methods=["GET", "POST"])
    login.add_url_rule("/logout", "leave", leave, methods=["POST"])
    return login


def show() -> Response:
    if status().box.owner is None or who.logged_in():
        return go_on()
    if request.method == "GET":
        return _page({})
    username = text("username", limit=100).removeprefix("@").lower()
    try:
        epoch = console().supervisor.owner_login(
            username, Secret(request.form.get("password", "")), request.remote_addr or ""
        )
    except HearthError as error:
        return _page({"": str(error)}, error.status, username=username)
    who.log_in(username, epoch)
    return go_on()


def leave() -> Response:
    who.log_out()
    flash("You are logged out.", "well")
    return redirect(url_for("login.show"), 303)


def _page(errors: dict[str, str], status_code: int = 200, *, username: str = "") -> Response:
    return make_response(render_template("console/login.html", errors=errors, username=username), status_code)
