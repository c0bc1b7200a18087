# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way from the internet to the box, with everything that is known of it."""

from flask import Blueprint, make_response, render_template
from werkzeug.wrappers import Response

from appliance.console.context import console, status
from appliance.console.live import parts
from appliance.console.places import attempt, only_owner


def blueprint() -> Blueprint:
    way = Blueprint("way", __name__, url_prefix="/way")
    way.add_url_rule("", "show", show)
    way.add_url_rule("/again", "again", again, methods=["POST"])
    way.before_request(only_owner)
    return way


def show() -> Response:
    return make_response(render_template("console/way.html", parts=parts(status(), "way")))


def again() -> Response:
    return attempt(console().supervisor.internet_look, done="The box is looking again.", back="way.show")
