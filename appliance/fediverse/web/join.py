# SPDX-License-Identifier: AGPL-3.0-or-later
"""Joining: with an invite at /join/TOKEN, without one at /join where the instance lets strangers ask."""

from collections.abc import Mapping

from flask import Blueprint, make_response, redirect, render_template
from werkzeug.wrappers import Response

from appliance.errors import HearthError
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.model import MemberState, Registration
from appliance.fediverse.services import invites, members, registration
from appliance.fediverse.web import forms
from appliance.fediverse.web.visitor import address, log_in, visitor
from appliance.secret import Secret

# A form sent twice meets one of these on its second way.
_SECOND_TIME = ("name-taken", "invite-used")
# Which field an error belongs to.
_FIELDS = {
    "bad-username": "username",
    "name-taken": "username",
    "username-taken": "username",
    "weak-password": "password",
    "no-consent": "rules",
    "no-reason": "reason",
    "too-many-tries": "",
}


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/join", "join", _show)
    web.add_url_rule("/join", "join_post", _join, methods=["POST"])
    web.add_url_rule("/join/<token>", "join_invited", _show)
    web.add_url_rule("/join/<token>", "join_invited_post", _join, methods=["POST"])
    web.add_url_rule("/join/waiting", "waiting", _waiting)


def _show(token: str | None = None) -> str | Response:
    if visitor().member is not None:
        return render_template("web/joined.html")
    _check(token)
    return _form(token, {})


def _join(token: str | None = None) -> str | Response:
    try:
        with context().database.write() as tx:
            _require_answers(token)
            made = registration.register(
                tx,
                registration.Application(
                    username=forms.text("username"),
                    password=forms.secret("password"),
                    address=address(),
                    reason=forms.text("reason"),
                    invite=Secret(token) if token else None,
                ),
            )
    except HearthError as error:
        return _second_time(error) or _again(token, error)
    if made.state is MemberState.PENDING:
        return redirect("/join/waiting", 303)
    log_in(made.account_id)
    return redirect("/settings?welcome=1", 303)


def _waiting() -> str:
    return render_template("web/waiting.html")


def _check(token: str | None) -> None:
    with context().database.read() as tx:
        if token is None:
            registration.require_open(tx)
        else:
            invites.check(tx, Secret(token))


def _require_answers(token: str | None) -> None:
    if visitor().instance.rules and forms.text("rules") != "yes":
        raise HearthError("no-consent", "Say that you have read the rules and will keep to them.", status=422)
    if token is None and visitor().instance.registration is Registration.APPROVAL and not forms.text("reason").strip():
        raise HearthError("no-reason", "Say in a few words why you would like to join.", status=422)


def _second_time(error: HearthError) -> Response | None:
    """Whoever presses the button twice has an account already: the second press logs in."""
    if error.key not in _SECOND_TIME:
        return None
    try:
        account_id = members.check_password(
            context().database, request_urls(), forms.text("username"), forms.secret("password"), address()
        )
    except HearthError as refusal:
        return redirect("/join/waiting", 303) if refusal.key == "not-approved" else None
    log_in(account_id)
    return redirect("/settings?welcome=1", 303)


def _again(token: str | None, error: HearthError) -> Response:
    if error.key not in _FIELDS:
        raise error
    response = make_response(_form(token, {_FIELDS[error.key]: str(error)}), error.status)
    if (retry_after := getattr(error, "retry_after", None)) is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _form(token: str | None, errors: Mapping[str, str]) -> str:
    return render_template(
        "web/join.html",
        action=f"/join/{token}" if token else "/join",
        invited=token is not None,
        ask_reason=token is None and visitor().instance.registration is Registration.APPROVAL,
        username=forms.text("username")[:100],
        reason=forms.text("reason")[: members.MAX_REASON],
        errors=errors,
    )
