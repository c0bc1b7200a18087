# SPDX-License-Identifier: AGPL-3.0-or-later
"""The console as a Flask app, from what it is given."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from appliance import design
from appliance.board.light import PATTERNS, Light
from appliance.console import (
    claim,
    dashboard,
    errors,
    guard,
    live,
    login,
    pictures,
    recovery,
    settings,
    ssh,
    undo,
    way,
    wifi,
    wizard,
    words,
)
from appliance.console import session as who
from appliance.console.activity import Activity
from appliance.console.context import Console, Instance, Supervisor, console, status
from appliance.console.hotspot import by_hotspot
from appliance.errors import HearthError
from appliance.internet.providers import PROVIDERS
from appliance.secret import Secret
from appliance.setup import Setup
from appliance.system.clock import Clock

_COOKIE_LIFE = timedelta(days=30)


def create_app(
    supervisor: Supervisor, instance: Instance, session_key: Secret, clock: Clock, *, panel_url: str | None = None
) -> Flask:
    app = Flask(__name__, static_url_path="/console")
    app.config.update(
        SECRET_KEY=session_key.reveal(),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=_COOKIE_LIFE,
    )
    app.session_interface = who.SessionInterface()
    activity = Activity(clock)
    app.extensions["hearth-console"] = Console(
        supervisor, instance, Setup(supervisor, instance), activity, clock, panel_url
    )
    app.before_request(activity.touch)
    design.register(app)
    guard.install(app)
    errors.install(app)
    for part in (claim, wizard, login, recovery, dashboard, live, settings, ssh, wifi, way, undo, pictures):
        app.register_blueprint(part.blueprint())
    app.context_processor(_page_values)
    app.add_template_filter(_light_meaning, "light_meaning")
    app.add_template_filter(_moment, "moment")
    return app


def _page_values() -> dict[str, Any]:
    """What every template may use. While the supervisor does not answer there is no box to speak of."""
    values: dict[str, Any] = {
        "csrf_token": who.csrf_token(),
        "apps": words.APPS,
        "providers": PROVIDERS,
        "place_icons": words.PLACE_ICONS,
        "panel_url": console().panel_url,
    }
    try:
        known = status()
    except HearthError:
        return values
    return values | {
        "status": known,
        "box": known.box,
        "over_hotspot": by_hotspot(),
        "instance_url": known.instance_url,
        "federating": known.federating,
        "erased_until": next((c.facts["erased_until"] for c in known.capabilities if "erased_until" in c.facts), ""),
        "server_name": urlsplit(known.instance_url).netloc,
    }


def _light_meaning(name: str) -> str:
    return PATTERNS[Light(name)].meaning


def _moment(iso: str) -> str:
    """An ISO 8601 time as people write it; in UTC, as nobody has told the box where it lives."""
    try:
        return f"{datetime.fromisoformat(iso):%-d %B %Y, %H:%M} UTC"
    except ValueError:
        return iso
