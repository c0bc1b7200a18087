# SPDX-License-Identifier: AGPL-3.0-or-later
"""For the owner and moderators: the instance's own emoji, added and taken away."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import BadInput
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.media import waiting
from appliance.fediverse.model import MediaKind, MediaPurpose
from appliance.fediverse.services import emojis, media, members
from appliance.fediverse.services.media import NewMedia
from appliance.fediverse.web import forms
from appliance.fediverse.web.visitor import member

SECONDS = 25.0
_DONE = {"added": "Everybody can use it now.", "removed": "It can't be used any more."}


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/settings/emoji", "emoji", _show)
    web.add_url_rule("/settings/emoji", "emoji_add", _add, methods=["POST"])
    web.add_url_rule("/settings/emoji/remove", "emoji_remove", _remove, methods=["POST"])


def _show() -> str:
    me, urls = member(), request_urls()
    with context().database.read() as tx:
        members.require_staff(tx, me.account_id)
        ours = [(row.shortcode, urls.media(row.image)) for row in emojis.every(tx) if row.image]
    return render_template("web/emoji.html", emojis=ours, done=_DONE.get(request.args.get("done", ""), ""))


def _add() -> Response:
    me = member()
    with context().database.read() as tx:
        members.require_staff(tx, me.account_id)
        emojis.check(tx, forms.text("shortcode"))
    upload = uploads.look_at("picture", picture=True)
    if upload is None:
        raise BadInput("No picture was chosen.", "Go back and choose one.")
    with context().database.write() as tx:
        # What it shall be called goes with the picture, and is an emoji the moment that this is done.
        new = NewMedia(MediaKind.IMAGE, upload.name, MediaPurpose.EMOJI, description=forms.text("shortcode"))
        media_id = media.create(tx, me.account_id, new)
    uploads.claim(upload)
    if not waiting.wait(context(), media_id, SECONDS):
        raise BadInput("That file could not be read as a picture.", "Go back and choose another one.")
    return redirect("/settings/emoji?done=added", 303)


def _remove() -> Response:
    me = member()
    with context().database.write() as tx:
        members.require_staff(tx, me.account_id)
        emojis.remove(tx, forms.text("shortcode"))
    return redirect("/settings/emoji?done=removed", 303)
