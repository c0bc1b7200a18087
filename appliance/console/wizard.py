# SPDX-License-Identifier: AGPL-3.0-or-later
"""The wizard's pages. Where it stands follows from status and instance alone, so nothing is lost by a power cut,
a reload, the back button or a second click."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console import names, words
from appliance.console import session as who
from appliance.console.context import console, current_step, instance_texts, status, status_changed
from appliance.console.guard import text
from appliance.console.live import parts as living
from appliance.console.places import go_on, place
from appliance.errors import HearthError
from appliance.internet.model import Held
from appliance.secret import Secret
from appliance.setup import Step

_STEPS = (Step.CLAIM, Step.OWNER, Step.INSTANCE, Step.ADDRESS, Step.REVIEW, Step.DONE)
_LABELS = ("Claim", "You", "Your server", "Address", "Review", "Done")
_EDITABLE = frozenset({Step.INSTANCE, Step.ADDRESS})


def blueprint() -> Blueprint:
    wizard = Blueprint("wizard", __name__, url_prefix="/setup")
    for step, view in ((Step.OWNER, owner), (Step.INSTANCE, instance), (Step.ADDRESS, address), (Step.REVIEW, review)):
        wizard.add_url_rule(f"/{step.value}", step.value, view, methods=["GET", "POST"])
    wizard.add_url_rule("/records", "records", records)
    wizard.add_url_rule("/done", "done", done)
    wizard.before_request(_admit)
    return wizard


def owner() -> Response:
    if request.method == "GET":
        return _page(Step.OWNER, {})
    username = text("username", limit=100).removeprefix("@").lower()
    password = Secret(request.form.get("password", ""))
    if not password.matches(request.form.get("again", password.reveal())):
        return _page(Step.OWNER, {"username": username}, {"again": "The two passwords are not the same."}, 422)
    try:
        epoch = _become_owner(username, password)
    except HearthError as error:
        return _page(Step.OWNER, {"username": username}, _errors(error, "username"), error.status)
    who.log_in(username, epoch)
    status_changed()
    return go_on()


def _become_owner(username: str, password: Secret) -> int:
    """A second click finds the work done, and logs in instead. Answers the epoch."""
    try:
        return console().setup.answer_owner(who.browser(), username, password)
    except HearthError:
        status_changed()
        if status().box.owner != username:
            raise
        return console().supervisor.owner_login(username, password, request.remote_addr or "")


def instance() -> Response:
    if request.method == "GET":
        known = dict(instance_texts())
        if not known.get("title"):
            known.setdefault("rules", "")
            known["rules"] = known["rules"] or words.SENSIBLE_RULES
        return _page(Step.INSTANCE, known)
    given = {name: text(name, limit=20_000) for name in ("title", "description", "rules")}
    if not given["title"]:
        return _page(Step.INSTANCE, given, {"title": "Your server needs a name."}, 422)
    try:
        console().setup.answer_instance(given["title"], given["description"], given["rules"])
    except HearthError as error:
        return _page(Step.INSTANCE, given, _errors(error, "title"), error.status)
    status_changed()
    return go_on()


def address() -> Response:
    box = status().box
    if request.method == "GET":
        return _page(Step.ADDRESS, {"where": names.where(box), "name": box.address or "", "provider": box.provider})
    given = names.given()
    try:
        console().setup.answer_address(names.answer(given, request.form))
    except HearthError as error:
        return _page(Step.ADDRESS, given, {names.field(error) if error.status < 500 else "": str(error)}, error.status)
    status_changed()
    box = status().box
    return redirect(url_for("wizard.records"), 303) if box.address and box.name_held is Held.OWN else go_on()


def records() -> Response:
    """Part of the address, for an own name: what to write down where one got it. Nobody has to wait for it."""
    box = status().box
    if not box.address or box.name_held is not Held.OWN:
        return redirect(url_for("wizard.address"), 303)
    return _page(Step.ADDRESS, {}, template="records", parts=living(status(), "records"))


def review() -> Response:
    if request.method == "GET":
        return _page(Step.REVIEW, dict(instance_texts()))
    console().setup.finish()
    status_changed()
    return redirect(url_for("wizard.done"), 303)


def done() -> Response:
    return _page(Step.DONE, dict(instance_texts()))


def _admit() -> Response | None:
    """No step can be skipped, and none that is behind for good can be done again."""
    endpoint = (request.endpoint or "").removeprefix("wizard.")
    asked = Step.ADDRESS if endpoint == "records" else Step(endpoint)
    where = place()
    if where == "dashboard.show":
        return None if asked is Step.DONE else redirect(url_for("wizard.done"), 303)
    if not where.startswith("wizard."):
        return go_on()
    current = Step(where.removeprefix("wizard."))
    behind = _STEPS.index(asked) < _STEPS.index(current)
    if asked is current or (behind and asked in _EDITABLE):
        return None
    if request.method == "POST":
        flash("That step is done already." if behind else "One step at a time: this one comes first.", "info")
    return go_on()


def _errors(error: HearthError, otherwise: str) -> dict[str, str]:
    """Which field the error belongs at, by its key."""
    fields = {"weak-password": "password", "bad-description": "description", "bad-rules": "rules"}
    return {fields.get(error.key, otherwise if error.status < 500 else ""): str(error)}


def _page(
    step: Step,
    values: dict[str, str],
    errors: dict[str, str] | None = None,
    status_code: int = 200,
    *,
    template: str = "",
    parts: dict[str, str] | None = None,
) -> Response:
    now = Step.OWNER if status().box.owner is None else current_step()
    steps = [
        {
            "label": label,
            "done": _STEPS.index(now) > index or now is Step.DONE,
            "url": url_for(f"wizard.{each.value}") if each in _EDITABLE and now is Step.REVIEW else "",
        }
        for index, (each, label) in enumerate(zip(_STEPS, _LABELS, strict=True))
    ]
    page = render_template(
        f"console/{template or step.value}.html",
        steps=steps,
        current=_STEPS.index(step),
        values=values,
        errors=errors or {},
        parts=parts or {},
        editing=step in _EDITABLE and step is not now,
    )
    return make_response(page, status_code)
