# SPDX-License-Identifier: AGPL-3.0-or-later
"""Claiming the box: by a press of its button while this browser waits, or by the code from its card."""

from flask import Blueprint, Response, jsonify
from werkzeug.wrappers import Response as AnyResponse

from appliance.console import session as who
from appliance.console import waiting
from appliance.console.context import console, status
from appliance.console.guard import text
from appliance.console.places import go_on
from appliance.errors import HearthError
from appliance.parse import to_dict
from appliance.secret import Secret
from appliance.status import Level
from appliance.supervisor.protocol import ClaimState, ClaimView


def blueprint() -> Blueprint:
    claim = Blueprint("claim", __name__)
    claim.add_url_rule("/claim", "show", show)
    claim.add_url_rule("/claim", "wait", wait, methods=["POST"])
    claim.add_url_rule("/claim/code", "code", code, methods=["POST"])
    claim.add_url_rule("/claim/state", "look", look)
    return claim


def show() -> AnyResponse:
    view = _view()
    if status().box.owner is not None or view.state is ClaimState.MINE:
        waiting.ended()
        return go_on()
    # Whoever sets a box up must not do it where nothing can be kept.
    return waiting.page(view, broken=tuple(each for each in status().issues if each.level is Level.FAILING))


def wait() -> AnyResponse:
    if status().box.owner is None:
        console().supervisor.claim_wait(who.browser())
        waiting.began()
    return go_on()


def code() -> AnyResponse:
    given = "".join(text("code", limit=200).split())
    try:
        console().supervisor.claim_code(who.browser(), Secret(given))
    except HearthError as error:
        return waiting.page(_view(), {"code": str(error)}, error.status)
    return go_on()


def look() -> Response:
    """What the page's script asks every second."""
    return jsonify(to_dict(_view()))


def _view() -> ClaimView:
    return console().supervisor.claim_look(who.browser())
