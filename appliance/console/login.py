# SPDX-License-Identifier: AGPL-3.0-or-later
"""The owner's way in and out."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console import session as who
from appliance.console.context import console, status
from appliance.console.guard import text
from appliance.console.hotspot import by_hotspot
from appliance.console.places import go_on
from appliance.design.assets import CONTENT_POLICY
from appliance.errors import HearthError
from appliance.internet.front import CONSOLE_PORT
from appliance.secret import Secret


def blueprint() -> Blueprint:
    login = Blueprint("login", __name__)
    login.add_url_rule("/login", "show", show, methods=["GET", "POST"])
    login.add_url_rule("/logout", "leave", leave, methods=["POST"])
    login.add_url_rule("/login/here", "here", here)
    return login


def show() -> Response:
    if status().box.owner is None or who.logged_in():
        return go_on()
    if request.method == "GET" or (_better_place() and not request.form.get("unencrypted")):
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


def here() -> Response:
    """Asked by the login page without encryption, from another origin: does the name lead this browser to the box?"""
    answer = make_response("", 204)
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _better_place() -> str:
    """Where the owner logs in with encryption, "" if that is here or nowhere yet."""
    known = status()
    name = f"https://{known.box.address}"
    if request.is_secure or by_hotspot() or not known.federating or known.instance_url != name:
        return ""
    return f"{name}:{CONSOLE_PORT}"


def leave() -> Response:
    who.log_out()
    flash("You are logged out.", "well")
    return redirect(url_for("login.show"), 303)


def _page(errors: dict[str, str], status_code: int = 200, *, username: str = "") -> Response:
    place = _better_place()
    page = render_template("console/login.html", errors=errors, username=username, better_place=place)
    answer = make_response(page, status_code)
    if place:
        answer.headers["Content-Security-Policy"] = CONTENT_POLICY.replace("connect-src", f"connect-src {place}")
    return answer
