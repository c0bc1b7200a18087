# SPDX-License-Identifier: AGPL-3.0-or-later
"""OAuth 2 for apps: registration, authorization codes with PKCE, tokens, scopes."""

import flask


def blueprint() -> flask.Blueprint:
    """The endpoints that programs ask; the page where a member consents is web/'s."""
    from appliance.fediverse.oauth import views

    blueprint = flask.Blueprint("oauth", __name__)
    blueprint.post("/oauth/token")(views.token)
    blueprint.post("/oauth/revoke")(views.revoke)
    blueprint.get("/.well-known/oauth-authorization-server")(views.metadata)
    return blueprint
