# SPDX-License-Identifier: AGPL-3.0-or-later
"""For the owner and moderators: who is here, who waits to come in, and help with a lost password."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.fediverse.context import context
from appliance.fediverse.model import MemberState
from appliance.fediverse.services import members
from appliance.fediverse.web import forms
from appliance.fediverse.web.visitor import member

_DONE = {"approve": "They are in now.", "reject": "They were turned away."}


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/settings/people", "people", _show)
    web.add_url_rule("/settings/people/approve", "people_approve", _approve, methods=["POST"])
    web.add_url_rule("/settings/people/reject", "people_reject", _reject, methods=["POST"])
    web.add_url_rule("/settings/people/reset-password", "people_reset", _reset, methods=["POST"])


def _show() -> str:
    me = member()
    with context().database.read() as tx:
        members.require_staff(tx, me.account_id)
        everybody = members.every(tx)
    return render_template(
        "web/people.html",
        waiting=[each for each in everybody if each.state is MemberState.PENDING],
        people=[each for each in everybody if each.state is not MemberState.PENDING],
        may_reset=lambda each: members.may_help(me, each),
        done=_DONE.get(request.args.get("done", ""), ""),
    )


def _approve() -> Response:
    me = member()
    with context().database.write() as tx:
        members.require_staff(tx, me.account_id)
        members.approve(tx, forms.number("id"))
    return redirect("/settings/people?done=approve", 303)


def _reject() -> Response:
    me = member()
    with context().database.write() as tx:
        members.require_staff(tx, me.account_id)
        members.reject(tx, forms.number("id"))
    return redirect("/settings/people?done=reject", 303)


def _reset() -> str:
    me = member()
    with context().database.write() as tx:
        password = members.help_with_password(tx, me.account_id, forms.number("id"))
        helped = members.by_id(tx, forms.number("id"))
    return render_template("web/new_password.html", helped=helped, password=password.reveal())
