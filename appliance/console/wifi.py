# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wi-Fi: the page on which a box without a cable is told which network to join, and the owner's list of those it knows.

Over the box's own hotspot nothing but claiming, logging in and this page is offered: it is open to whoever is near.
"""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from appliance.console import hotspot
from appliance.console.context import console, status
from appliance.console.guard import text
from appliance.console.places import attempt, go_on, only_owner, place
from appliance.errors import HearthError
from appliance.secret import Secret
from appliance.supervisor.protocol import WifiNetwork

OTHER = "other"  # the choice of a network that is not in the list
_FIELDS = {"bad-wifi": "ssid", "bad-wifi-password": "password", "bad-country": "country"}


def blueprint() -> Blueprint:
    wifi = Blueprint("wifi", __name__)
    wifi.add_url_rule("/wifi", "show", show, methods=["GET", "POST"])
    wifi.add_url_rule("/settings/wifi", "known", known, methods=["GET", "POST"])
    wifi.add_url_rule("/settings/wifi/forget", "forget", forget, methods=["POST"])
    wifi.before_request(_admit)
    return wifi


def _admit() -> Response | None:
    if request.endpoint == "wifi.show":
        return None if place() == "wifi.show" else go_on()
    return only_owner()


def show() -> Response:
    """Over the hotspot: the page that ends it."""
    if request.method == "GET":
        return _page("console/wifi.html")
    try:
        network = _network()
        console().supervisor.wifi_join(network)
    except HearthError as error:
        return _page("console/wifi.html", error)
    return make_response(render_template("console/wifi_leaving.html", ssid=network.ssid, **_places()))


def known() -> Response:
    if request.method == "GET":
        return _page("console/wifi_known.html")
    try:
        console().supervisor.wifi_join(_network())
    except HearthError as error:
        return _page("console/wifi_known.html", error)
    flash("The box knows this Wi-Fi now, and joins it whenever it needs it.", "well")
    return redirect(url_for("wifi.known"), 303)


def forget() -> Response:
    return attempt(
        lambda: console().supervisor.wifi_forget(text("ssid", limit=100)),
        done="The Wi-Fi is forgotten.",
        back="wifi.known",
    )


def _network() -> WifiNetwork:
    """What the form says. Its spaces are kept: names and passwords may begin and end with some."""
    chosen = request.form.get("network", OTHER)
    hidden = chosen == OTHER
    password = request.form.get("password", "")
    return WifiNetwork(
        ssid=request.form.get("ssid", "") if hidden else chosen.removeprefix("="),
        country=text("country", limit=20).upper(),
        password=Secret(password) if password else None,
        hidden=hidden,
    )


def _page(template: str, error: HearthError | None = None) -> Response:
    view = console().supervisor.wifi_look()
    errors = {_FIELDS.get(error.key, ""): str(error)} if error else {}
    tried = f"={view.tried}" if view.failure else ""
    page = render_template(
        template,
        status=status(),
        view=view,
        other=OTHER,
        chosen=request.form.get("network", tried),
        ssid=request.form.get("ssid", ""),
        country=request.form.get("country", view.country or _country()),
        errors=errors,
        **_places(),
    )
    return make_response(page, error.status if error else 200)


def _places() -> dict[str, str]:
    return {"hotspot": hotspot.name(), "address": status().addresses[0]}


def _country() -> str:
    """The visitor's, as the browser's languages tell it ("de-CH"); only a proposal."""
    for language, _ in request.accept_languages:
        _, _, country = language.replace("_", "-").partition("-")
        if len(country) == 2 and country.isalpha():
            return country.upper()
    return ""
