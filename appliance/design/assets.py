# SPDX-License-Identifier: AGPL-3.0-or-later
"""Serves the design's files and gives an app the templates `design/base.html` and `design/macros.html`."""

import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, request, send_from_directory

from appliance.design.light import light_css

_FILES = Path(__file__).parent / "static"
_FOR_EVER = 365 * 24 * 3600

# Nothing from elsewhere, nothing inline. A page that must post and then redirect to an app's own address
# (OAuth) sets a header of its own: `register` never overwrites one.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: that would turn the Origin header of our own forms into "null".
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def blueprint() -> Blueprint:
    """The blueprint "design": /design/hearth.css, light.css, hearth.js, icons.svg, favicon.svg, and the templates."""
    design = Blueprint("design", __name__, template_folder="templates")
    lights = light_css()
    versions = {path.name: _version(path.read_bytes()) for path in _FILES.iterdir()}
    versions["light.css"] = _version(lights.encode())

    def file(name: str) -> Response:
        made = name == "light.css"
        response = Response(lights, mimetype="text/css") if made else send_from_directory(_FILES, name)
        fresh = request.args.get("v") == versions.get(name)
        response.headers["Cache-Control"] = f"public, max-age={_FOR_EVER}, immutable" if fresh else "no-cache"
        return response

    def design_url(name: str) -> str:
        """The file's address with its fingerprint, so that it may be kept for ever."""
        return f"/design/{name}?v={versions[name]}"

    design.add_url_rule("/design/<name>", "file", file)
    design.add_app_template_global(design_url)
    return design


def register(app: Flask) -> None:
    """Add the design's files, templates and security headers to `app`."""
    app.register_blueprint(blueprint())
    app.after_request(_guard)


def _guard(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
