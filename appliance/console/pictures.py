# SPDX-License-Identifier: AGPL-3.0-or-later
"""QR codes, drawn here and served as pictures: the page's policy allows no inline styles and no data: addresses."""

import io

from flask import Blueprint, Response, abort, session

from appliance.console import session as who
from appliance.console.context import status


def blueprint() -> Blueprint:
    pictures = Blueprint("pictures", __name__)
    pictures.add_url_rule("/qr/server.svg", "server", server)
    pictures.add_url_rule("/qr/invite.svg", "invite", invite)
    return pictures


def server() -> Response:
    """The instance's page."""
    return _qr(status().instance_url)


def invite() -> Response:
    """The invite link that this browser made last."""
    return _qr(session.get("invite", ""))


def _qr(text: str) -> Response:
    if not text or not who.logged_in():
        abort(404)
    import segno  # only who looks at a picture waits for it

    drawing = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawing, kind="svg", border=0, dark="#2b211b", svgclass=None)
    return Response(drawing.getvalue(), mimetype="image/svg+xml")
