# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pictures of accounts that have none: PNG, since many apps can't show drawings in SVG."""

import hashlib
from pathlib import Path

import flask

from appliance.fediverse.urls import Urls

AVATARS = 8
MAX_AGE = 7 * 24 * 3600
_FOLDER = Path(__file__).parent / "drawings"


def avatar(urls: Urls, handle: str) -> str:
    """The address of the picture; the same handle always gets the same."""
    return f"{urls.origin}/pictures/avatar-{hashlib.sha256(handle.encode()).digest()[0] % AVATARS}.png"


def header(urls: Urls) -> str:
    return f"{urls.origin}/pictures/header.png"


def add_to(blueprint: flask.Blueprint) -> None:
    blueprint.add_url_rule("/pictures/<name>", "picture", _show)


def _show(name: str) -> flask.Response:
    response = flask.send_from_directory(_FOLDER, name, max_age=MAX_AGE, mimetype="image/png")
    response.headers["Access-Control-Allow-Origin"] = "*"  # web apps draw avatars on canvases
    return response
