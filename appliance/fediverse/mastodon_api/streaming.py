# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where streams are, for those who look for them here. https://docs.joinmastodon.org/methods/streaming/"""

import flask

from appliance.fediverse.context import context, request_urls
from appliance.fediverse.services.missing import missing

_PATH = "/api/v1/streaming"


def add_to(blueprint: flask.Blueprint) -> None:
    blueprint.add_url_rule(_PATH, "streaming", redirect, defaults={"rest": ""})
    blueprint.add_url_rule(f"{_PATH}/<path:rest>", "streaming", redirect)


def redirect(rest: str) -> flask.typing.ResponseReturnValue:
    """Behind a web server this is never asked: it sends such requests to the companion itself."""
    if context().config.behind_proxy:
        raise missing()
    base = context().streaming_url(request_urls()).replace("ws", "http", 1)
    query = flask.request.query_string.decode(errors="replace")
    return flask.redirect(f"{base}{_PATH}{'/' if rest else ''}{rest}{'?' if query else ''}{query}", 301)
