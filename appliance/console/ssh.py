# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ssh keys, for owners who know what that is: put one in, with the password, or take one out."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console.context import console, status
from appliance.console.guard import text
from appliance.console.places import attempt, only_owner
from appliance.errors import HearthError
from appliance.secret import Secret


def blueprint() -> Blueprint:
    ssh = Blueprint("ssh", __name__)
    ssh.add_url_rule("/settings/ssh", "show", show)
    ssh.add_url_rule("/settings/ssh/add", "add", add, methods=["POST"])
    ssh.add_url_rule("/settings/ssh/remove", "remove", remove, methods=["POST"])
    ssh.before_request(only_owner)
    return ssh


def show() -> Response:
    return _page({})


def add() -> Response:
    key = text("key", limit=5000)
    try:
        console().supervisor.ssh_add(key, Secret(request.form.get("password", "")))
    except HearthError as error:
        at_key = error.key in ("bad-ssh-key", "too-many-keys")
        # A private key pasted by mistake must not come back in a page.
        kept = "" if error.key == "bad-ssh-key" else key
        return _page({"key" if at_key else "password": str(error)}, error.status, kept)
    flash("The key is put in.", "well")
    return redirect(url_for("ssh.show"), 303)


def remove() -> Response:
    return attempt(
        lambda: console().supervisor.ssh_remove(text("fingerprint", limit=200)),
        done="The key is removed.",
        back="ssh.show",
    )


def _page(errors: dict[str, str], status_code: int = 200, key: str = "") -> Response:
    page = render_template(
        "console/ssh.html", status=status(), keys=console().supervisor.ssh_keys(), errors=errors, key=key
    )
    return make_response(page, status_code)
