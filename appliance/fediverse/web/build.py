# SPDX-License-Identifier: AGPL-3.0-or-later
"""Puts the pages together into one blueprint."""

from flask import Blueprint

from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.web import (
    authorize,
    avatars,
    collections,
    documents,
    emojis,
    errors,
    forms,
    join,
    login,
    moving,
    people,
    picture,
    posts,
    settings,
    visitor,
)


def blueprint() -> Blueprint:
    """The blueprint "web". The app must have the design (`appliance.design.register`) and a Context."""
    web = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/pages")
    web.before_request(forms.guard)
    web.after_request(visitor.keep_cookies)
    web.context_processor(visitor.for_templates)
    web.teardown_request(lambda _: uploads.end())
    shown_to_all = (posts, avatars, collections, documents)
    for module in (*shown_to_all, login, authorize, join, settings, moving, picture, people, emojis):
        module.add_to(web)
    errors.add_to(web)
    return web
