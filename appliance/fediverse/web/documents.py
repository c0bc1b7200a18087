# SPDX-License-Identifier: AGPL-3.0-or-later
"""The documents that belong to a place: privacy policy, and terms where there are any."""

from flask import Blueprint, render_template
from markupsafe import Markup

from appliance.errors import HearthError
from appliance.fediverse.context import request_urls
from appliance.fediverse.services import text
from appliance.fediverse.services.privacy import policy_of
from appliance.fediverse.web.visitor import visitor


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/privacy-policy", "privacy_policy", _privacy_policy)
    web.add_url_rule("/terms-of-service", "terms", _terms)


def _privacy_policy() -> str:
    return _show("Privacy", policy_of(visitor().instance))


def _terms() -> str:
    if not visitor().instance.terms:
        raise HearthError("not-found", "There are no terms here.", "The house rules are what counts.", status=404)
    return _show("Terms", visitor().instance.terms)


def _show(title: str, source: str) -> str:
    html = text.absolute(text.parse(source).html({}), request_urls().origin)
    return render_template("web/document.html", title=title, html=Markup(html))  # noqa: S704 - text.parse escapes
