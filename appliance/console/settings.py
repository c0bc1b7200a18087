# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the owner may change later: the box's name, her password, her server's words, its address; power; the end."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console import names
from appliance.console import session as who
from appliance.console.context import console, instance_texts, status, status_changed
from appliance.console.guard import text
from appliance.console.places import only_owner
from appliance.console.recovery import new_password, tell_instance
from appliance.errors import BadInput, HearthError
from appliance.secret import Secret
from appliance.supervisor.protocol import PowerAction

_SERVER_FIELDS = ("title", "description", "rules", "registration")


def blueprint() -> Blueprint:
    settings = Blueprint("settings", __name__)
    settings.add_url_rule("/settings", "show", show)
    forms = {"server": server, "box": box, "password": password, "address": address, "helpers": helpers}
    for name, view in forms.items():
        settings.add_url_rule(f"/settings/{name}", name, view, methods=["POST"])
    settings.add_url_rule("/power", "power", power, methods=["POST"])
    settings.add_url_rule("/erase", "erase", erase, methods=["GET", "POST"])
    settings.before_request(only_owner)
    return settings


def show() -> Response:
    return _page({})


def server() -> Response:
    given = {name: text(name, limit=20_000) for name in _SERVER_FIELDS}
    try:
        for name, value in given.items():
            console().instance.set(name, value)
    except HearthError as error:
        field = error.key.removeprefix("bad-")
        return _page({field if field in given else "": str(error)}, error.status, given)
    return _saved("Your server's words are changed.")


def box() -> Response:
    name = text("box_name", limit=200)
    try:
        console().supervisor.settings_set("name", name)
    except HearthError as error:
        return _page({"box_name": str(error)}, error.status, {"box_name": name})
    status_changed()
    return _saved("The box has its new name.")


def password() -> Response:
    owner = str(status().box.owner)
    try:
        new = new_password(about=owner)
        epoch = console().supervisor.owner_password(new, old=Secret(request.form.get("old", "")))
    except HearthError as error:
        at_new = error.key in ("weak-password", "not-the-same")
        return _page({"new" if at_new else "old": str(error)}, error.status)
    who.log_in(owner, epoch)
    status_changed()
    tell_instance(owner, new)
    return redirect(url_for("settings.show"), 303)


def address() -> Response:
    given, final = names.given(), (status().box.address or "") if status().box.address_final else ""
    given["where"] = given["where"] or "internet"
    try:
        asked = names.answer(given, request.form, final=final)
        if asked is None:
            return redirect(url_for("settings.show"), 303)
        console().supervisor.name_hold(asked)
    except HearthError as error:
        return _page({names.field(error): str(error)}, error.status, given)
    status_changed()
    return _saved("That is how your server's name is held." if final else "Your server has its name.")


def helpers() -> Response:
    given = {"helpers": text("helpers", limit=2000)}
    try:
        console().supervisor.settings_set("helpers", given["helpers"])
    except HearthError as error:
        return _page({"helpers": str(error)}, error.status, given)
    return _saved("The box knows whom to ask.")


def power() -> Response:
    try:
        action = PowerAction(request.form.get("action", ""))
    except ValueError:
        raise BadInput("Nobody knows what to do.", "Choose restart or shut down.") from None
    console().supervisor.power(action)
    return make_response(render_template("console/power.html", off=action is PowerAction.OFF))


def erase() -> Response:
    sentence = f"erase {status().box.name}"
    if request.method == "GET":
        return _erase_page(sentence, {})
    try:
        console().supervisor.erase(" ".join(text("sentence", limit=300).split()))
    except HearthError as error:
        return _erase_page(sentence, {"sentence": str(error)}, error.status)
    who.log_out()
    return make_response(render_template("console/erased.html"))


def _kept_helpers() -> str:
    return "\n".join(console().supervisor.settings_get("helpers").split())


def _saved(words: str) -> Response:
    flash(words, "well")
    return redirect(url_for("settings.show"), 303)


def _page(errors: dict[str, str], status_code: int = 200, given: dict[str, str] | None = None) -> Response:
    """All settings; `given` is what was just typed and could not be kept."""
    try:
        texts = dict(instance_texts())
    except HearthError:
        texts = {}
    page = render_template(
        "console/settings.html",
        status=status(),
        answers=bool(texts),
        values={"box_name": status().box.name, "helpers": _kept_helpers()} | texts | (given or {}),
        errors=errors,
        where=names.where(status().box) or "internet",
    )
    return make_response(page, status_code)


def _erase_page(sentence: str, errors: dict[str, str], status_code: int = 200) -> Response:
    return make_response(render_template("console/erase.html", sentence=sentence, errors=errors), status_code)
