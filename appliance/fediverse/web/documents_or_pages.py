# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses at which people are shown a page, and other servers are led to a document."""

from flask import redirect, request
from werkzeug.wrappers import Response

_ACTIVITY = ("application/activity+json", "application/ld+json")


def wants_activity() -> bool:
    """Other servers ask for the same address as people do, and mean the document."""
    best = request.accept_mimetypes.best_match(("text/html", *_ACTIVITY), default="text/html")
    return best in _ACTIVITY


def elsewhere(address: str) -> Response:
    response = redirect(address, 302)
    response.headers["Vary"] = "Accept"
    return response
