# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bringing back what was erased: by the owner, or by whoever claimed the box and is no owner yet."""

from flask import Blueprint, flash
from werkzeug.wrappers import Response

from appliance.console.context import console, status_changed
from appliance.console.places import DASHBOARD, go_on, place
from appliance.errors import HearthError


def blueprint() -> Blueprint:
    undo = Blueprint("undo", __name__)
    undo.add_url_rule("/erase/undo", "bring_back", bring_back, methods=["POST"])
    return undo


def bring_back() -> Response:
    if place() not in (DASHBOARD, "wizard.owner"):
        return go_on()
    try:
        console().supervisor.erase_undo()
    except HearthError as error:
        flash(str(error), "error")
    else:
        status_changed()
        flash("Everything is back. Log in as before.", "well")
    return go_on()
