# SPDX-License-Identifier: AGPL-3.0-or-later
"""The dashboard: how the box is, what it wants of its owner, and the few things she does there."""

from flask import Blueprint, flash, make_response, redirect, render_template, session, url_for
from werkzeug.wrappers import Response

from appliance.console.context import console, instance_texts, status
from appliance.console.guard import text
from appliance.console.history import HEIGHT, rows
from appliance.console.live import parts
from appliance.console.places import DASHBOARD, attempt, only_owner
from appliance.errors import HearthError
from appliance.fediverse.protocol import Facts
from appliance.health.history import History, empty


def blueprint() -> Blueprint:
    dashboard = Blueprint("dashboard", __name__)
    dashboard.add_url_rule("/", "show", show)
    dashboard.add_url_rule("/issues/acknowledge", "acknowledge", acknowledge, methods=["POST"])
    dashboard.add_url_rule("/issues/fix", "fix", fix, methods=["POST"])
    dashboard.add_url_rule("/jobs/cancel", "cancel", cancel, methods=["POST"])
    dashboard.add_url_rule("/invite", "invite", invite, methods=["POST"])
    dashboard.before_request(only_owner)
    return dashboard


def show() -> Response:
    facts, texts = _facts(), _texts()
    page = render_template(
        "console/dashboard.html",
        status=status(),
        parts=parts(status(), "dashboard"),
        facts=facts,
        title=texts.get("title", ""),
        history=rows(_history()),
        height=HEIGHT,
    )
    return make_response(page)


def acknowledge() -> Response:
    return attempt(
        lambda: console().supervisor.issue_acknowledge(text("key", limit=200)), done="Noted.", back=DASHBOARD
    )


def fix() -> Response:
    return attempt(
        lambda: console().supervisor.issue_fix(text("issue", limit=200), text("fix", limit=200)),
        done="The box is on it.",
        back=DASHBOARD,
    )


def cancel() -> Response:
    return attempt(
        lambda: console().supervisor.job_cancel(text("job", limit=200)), done="Being cancelled.", back=DASHBOARD
    )


def invite() -> Response:
    """Make a link for one friend. It is shown to this browser until the next one is made."""
    back = "wizard.done" if text("back") == "done" else DASHBOARD
    try:
        link = console().instance.new_invite(str(status().box.owner))
    except HearthError as error:
        flash(str(error), "error")
    else:
        session["invite"] = link.url or status().instance_url.rstrip("/") + link.path
    return redirect(url_for(back, _anchor="invite"), 303)


def _facts() -> Facts | None:
    """None while the instance does not answer: the dashboard must work then above all."""
    try:
        return console().instance.facts()
    except HearthError:
        return None


def _history() -> History:
    """An empty one while the supervisor has none to give: its absence must hide nothing else."""
    try:
        return console().supervisor.health_history()
    except HearthError:
        return empty()


def _texts() -> dict[str, str]:
    try:
        return dict(instance_texts())
    except HearthError:
        return {}
