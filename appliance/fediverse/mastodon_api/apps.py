# SPDX-License-Identifier: AGPL-3.0-or-later
"""Apps register themselves: https://docs.joinmastodon.org/methods/apps/"""

import flask

from appliance.fediverse.mastodon_api.arguments import Arguments
from appliance.fediverse.mastodon_api.entities import accounts as account_entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.routing import Call, Route
from appliance.fediverse.oauth import apps, scopes
from appliance.fediverse.oauth.apps import App, NewApp
from appliance.fediverse.services import accounts, push_keys, throttle
from appliance.fediverse.services.missing import missing

APPS_FREE = 100  # per address, before waits begin: strangers may register apps, but not fill the disk with them


def create(call: Call) -> Entity:
    arguments = call.arguments
    throttle.attempt(call.tx, throttle.by_address("apps", flask.request.remote_addr or "", free=APPS_FREE))
    new = NewApp(
        name=arguments.text("client_name") or "",
        redirect_uris=tuple(_redirects(arguments)),
        scopes=arguments.text("scopes") or scopes.DEFAULT,
        website=arguments.text("website"),
    )
    app, secret = apps.register(call.tx, new)
    return _entity(call, app) | {
        "client_id": app.client_id,
        "client_secret": secret.reveal(),
        "client_secret_expires_at": 0,
    }


def verify_credentials(call: Call) -> Entity:
    if call.caller is None:
        raise AssertionError("the route needs a token")
    return _entity(call, apps.by_id(call.tx, call.caller.app_id))


def userinfo(call: Call) -> Entity:
    """The claims of OpenID Connect: https://docs.joinmastodon.org/methods/oauth/#userinfo"""
    row = accounts.by_id(call.tx, call.account_id)
    if row is None:
        raise missing()
    return {
        "iss": f"{call.urls.origin}/",
        "sub": call.urls.actor(row.username),
        "name": row.display_name,
        "preferred_username": row.username,
        "profile": call.urls.profile_page(row.username),
        "picture": account_entities.one(call.tx, call.urls, call.viewer_id, row)["avatar"],
    }


def _redirects(arguments: Arguments) -> list[str]:
    """Given as a list, or in one text with a line each."""
    return [line.strip() for text in arguments.texts("redirect_uris") for line in text.splitlines() if line.strip()]


def _entity(call: Call, app: App) -> Entity:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": list(app.scopes),
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": list(app.redirect_uris),
        "vapid_key": push_keys.public_key(call.tx) if call.urls.federating else "",
    }


ROUTES = (
    Route("POST", "/api/v1/apps", create),
    Route("GET", "/api/v1/apps/verify_credentials", verify_credentials, scopes.ALL, member=False),
    Route("GET", "/oauth/userinfo", userinfo, ("profile",)),
    Route("POST", "/oauth/userinfo", userinfo, ("profile",)),
)
