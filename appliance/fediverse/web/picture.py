# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's own picture: chosen and taken away on her page."""

from flask import Blueprint, redirect
from werkzeug.wrappers import Response

from appliance.errors import BadInput
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.media import waiting
from appliance.fediverse.model import MediaKind, MediaPurpose
from appliance.fediverse.services import media, profile_pictures
from appliance.fediverse.services.media import NewMedia
from appliance.fediverse.web.visitor import member

SECONDS = 25.0


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/settings/picture", "settings_picture", _choose, methods=["POST"])
    web.add_url_rule("/settings/picture/remove", "settings_picture_remove", _remove, methods=["POST"])


def _choose() -> Response:
    me = member()
    upload = uploads.look_at("picture", picture=True)
    if upload is None:
        raise BadInput("No picture was chosen.", "Go back and choose one.")
    with context().database.write() as tx:
        new = NewMedia(MediaKind.IMAGE, upload.name, MediaPurpose.AVATAR)
        media_id = media.create(tx, me.account_id, new)
    uploads.claim(upload)
    if not waiting.wait(context(), media_id, SECONDS):
        raise BadInput("That file could not be read as a picture.", "Go back and choose another one.")
    return redirect("/settings?done=picture", 303)


def _remove() -> Response:
    me = member()
    with context().database.write() as tx:
        profile_pictures.remove(tx, request_urls(), me.account_id, MediaPurpose.AVATAR)
    return redirect("/settings?done=picture-removed", 303)
