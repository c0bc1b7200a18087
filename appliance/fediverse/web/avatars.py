# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members' avatars and headers: their own pictures, or drawn ones, of which the same name always has the same."""

import hashlib

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from appliance.fediverse.context import context
from appliance.fediverse.services import accounts

# Warm grounds, each with the lighter glow that goes onto it; white letters read well on every ground.
_PALETTE = (
    ("#8a2d07", "#d9702f"),
    ("#7a4a00", "#c98a2b"),
    ("#356b3f", "#7fae6b"),
    ("#2f6277", "#6fa9bd"),
    ("#5b3f8c", "#9b7fc9"),
    ("#8c2f55", "#cf7295"),
    ("#4d5a1f", "#94a352"),
    ("#6b3a2a", "#b57a5f"),
)
_MINUTES = 5 * 60  # until a new picture shows


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/avatars/<name>.svg", "avatar", _avatar)
    web.add_url_rule("/headers/<name>.svg", "header", _header)


def avatar(name: str) -> str:
    """An SVG drawing, 400 by 400: hills at dusk and the name's first letter."""
    ground, glow = _colours(name)
    digest = hashlib.sha256(name.encode()).digest()
    sun_x, sun_y, sun = 60 + digest[1], 70 + digest[2] // 3, 50 + digest[3] // 5
    hill = 250 + digest[4] // 4
    letter = name[:1].upper() if name[:1].isalnum() else "·"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400" viewBox="0 0 400 400">'
        f'<rect width="400" height="400" fill="{ground}"/>'
        f'<circle cx="{sun_x}" cy="{sun_y}" r="{sun}" fill="{glow}" opacity=".75"/>'
        f'<path d="M0 {hill}q100-{60 + digest[5] // 5} 200 0t200 0v{400 - hill}H0z" fill="{glow}" opacity=".35"/>'
        f'<path d="M0 {hill + 60}q90-70 180-10t220-20v{400 - hill}H0z" fill="{ground}" opacity=".7"/>'
        '<text x="200" y="272" text-anchor="middle" font-family="Palatino, P052, Georgia, serif" font-weight="600" '
        f'font-size="210" fill="#fffaf3">{letter}</text></svg>'
    )


def header(name: str) -> str:
    """An SVG drawing, 1500 by 500, without letters."""
    ground, glow = _colours(name)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1500" height="500" viewBox="0 0 1500 500">'
        f'<rect width="1500" height="500" fill="{ground}"/>'
        f'<circle cx="1120" cy="210" r="120" fill="{glow}" opacity=".75"/>'
        f'<path d="M0 340q190-130 380 0t380 0 380 0 380 0v160H0z" fill="{glow}" opacity=".35"/>'
        f'<path d="M0 420q250-120 500-20t500-10 500-20v130H0z" fill="{ground}" opacity=".7"/></svg>'
    )


def _colours(name: str) -> tuple[str, str]:
    return _PALETTE[hashlib.sha256(name.encode()).digest()[0] % len(_PALETTE)]


def _avatar(name: str) -> Response:
    return _own(name, "avatar_url") or _svg(avatar(name[:64].lower()))


def _header(name: str) -> Response:
    return _own(name, "header_url") or _svg(header(name[:64].lower()))


def _own(name: str, column: str) -> Response | None:
    with context().database.read() as tx:
        row = accounts.find_local(tx, name[:64])
    if row is None or not getattr(row, column):
        return None
    response = redirect(f"/media/{getattr(row, column)}", 302)
    response.headers["Cache-Control"] = f"public, max-age={_MINUTES}"
    return response


def _svg(drawing: str) -> Response:
    response = Response(drawing, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"public, max-age={_MINUTES}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Access-Control-Allow-Origin"] = "*"  # web apps draw avatars on canvases
    return response
