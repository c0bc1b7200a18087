# SPDX-License-Identifier: AGPL-3.0-or-later
"""Becoming a member by an app: https://docs.joinmastodon.org/methods/accounts/#create

No mail is sent here, so no address need be given and none is ever waited for to be confirmed.
"""

from datetime import date

import flask

from appliance.errors import HearthError, Refused
from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route, as_response
from appliance.fediverse.oauth import tokens
from appliance.fediverse.services import members, registration, roles, sign_up_check
from appliance.fediverse.services.problems import Problem, Problems, details, in_words
from appliance.fediverse.services.registration import Application
from appliance.secret import Secret


def create(call: Call) -> Entity | flask.Response:
    if call.caller is None or call.caller.account_id is not None:
        raise Refused("app-token-needed", "This method requires an app token")
    arguments = call.arguments
    invite = arguments.text("invite_code")
    application = Application(
        username=arguments.text("username") or "",
        password=Secret(arguments.text("password") or ""),
        address=flask.request.remote_addr or "",
        reason=arguments.text("reason") or "",
        email=(arguments.text("email") or "").strip() or None,
        invite=Secret(invite) if invite else None,
        locale=arguments.text("locale") or None,
        app_id=call.caller.app_id,
    )
    try:
        state = registration.state_to_be(call.tx, application)
    except (Refused, HearthError) as error:
        if error.status == 429:
            raise
        raise roles.not_allowed() from error
    problems = sign_up_check.find(call.tx, application, state, agreed=bool(arguments.flag("agreement")))
    problems |= _birthday(arguments)
    if problems:
        return _refused(problems)
    made = registration.register(call.tx, application)
    return tokens.issue(call.tx, call.caller.app_id, made.account_id, tuple(sorted(call.caller.scopes))).to_dict()


def confirm_again(call: Call) -> Entity:
    """There is never anything to confirm."""
    member = members.by_id(call.tx, call.account_id)
    app_id = call.caller.app_id if call.caller else None
    if member is None or members.app_of(call.tx, call.account_id) != app_id:
        sentence = "This method is only available to the application the user originally signed-up with"
    else:
        sentence = "This method is only available while the e-mail is awaiting confirmation"
    raise Refused("nothing-to-confirm", sentence)


def is_confirmed(call: Call) -> bool:
    return True


def _birthday(arguments: Arguments) -> Problems:
    """No age is asked for, but what is no date is told."""
    given = arguments.text("date_of_birth")
    if given:
        try:
            date.fromisoformat(given)
        except ValueError:
            return {"date_of_birth": [Problem("ERR_INVALID", "is invalid")]}
    return {}


def _refused(problems: Problems) -> flask.Response:
    return as_response({"error": in_words(problems), "details": details(problems)}, 422)


ROUTES = (
    Route("POST", "/api/v1/accounts", create, ("write:accounts",), member=False),
    Route("POST", "/api/v1/emails/confirmations", confirm_again, ("write:accounts",)),
    Route("GET", "/api/v1/emails/check_confirmation", is_confirmed, ("read:accounts",)),
)
