# SPDX-License-Identifier: AGPL-3.0-or-later
"""Uploading media and preparing them for a post: https://docs.joinmastodon.org/methods/media/"""

import flask

from appliance.errors import BadInput
from appliance.fediverse.context import context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.mastodon_api import uploads
from appliance.fediverse.mastodon_api.entities import media as entities
from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.mastodon_api.media_arguments import focus
from appliance.fediverse.mastodon_api.routing import Afterwards, Call, Route, as_response
from appliance.fediverse.media import film, waiting
from appliance.fediverse.media.workshop import unfit
from appliance.fediverse.model import MediaKind, MediaState
from appliance.fediverse.services import media
from appliance.fediverse.services.media import Change, NewMedia

# Pictures are done within a moment, and apps expect them so; a film is worked on while its sender types.
PICTURE_SECONDS = 8.0
SYNC_SECONDS = 25.0


def upload(call: Call) -> Afterwards:
    return _upload(call, PICTURE_SECONDS, 0.0)


def upload_and_wait(call: Call) -> Afterwards:
    return _upload(call, SYNC_SECONDS, SYNC_SECONDS)


def show(call: Call, media_id: int) -> flask.Response:
    return _shown(call.tx, call, media.loose(call.tx, call.account_id, media_id).id, unfinished=206)


def change(call: Call, media_id: int) -> Afterwards:
    thumbnail = uploads.look_at("thumbnail", picture=True)
    wanted = Change(
        description=call.arguments.text("description"),
        focus=focus(call.arguments.text("focus")),
        thumbnail_source=thumbnail.name if thumbnail else None,
    )
    media.change(call.tx, call.account_id, media_id, wanted)

    def draw(tx: Tx) -> flask.Response:
        uploads.claim(thumbnail)
        if thumbnail:
            waiting.wait(context(), media_id, PICTURE_SECONDS)
        return _shown(tx, call, media_id, unfinished=200)

    return Afterwards(draw)


def delete(call: Call, media_id: int) -> Entity:
    media.delete(call.tx, call.account_id, media_id)
    return {}


def _upload(call: Call, seconds_for_pictures: float, seconds_for_films: float) -> Afterwards:
    sent, thumbnail = uploads.look_at("file"), uploads.look_at("thumbnail", picture=True)
    if sent is None:
        raise BadInput("Validation failed: File can't be blank", "")
    is_picture = sent.file_type.kind is MediaKind.IMAGE
    if not is_picture and not film.installed():
        raise film.missing()
    new = NewMedia(
        kind=sent.file_type.kind,
        source=sent.name,
        thumbnail_source=thumbnail.name if thumbnail else None,
        description=call.arguments.text("description") or "",
        focus=focus(call.arguments.text("focus")),
    )
    media_id = media.create(call.tx, call.account_id, new)

    def draw(tx: Tx) -> flask.Response:
        uploads.claim(sent, thumbnail)
        waiting.wait(context(), media_id, seconds_for_pictures if is_picture else seconds_for_films)
        return _shown(tx, call, media_id, unfinished=202)

    return Afterwards(draw)


def _shown(tx: Tx, call: Call, media_id: int, *, unfinished: int) -> flask.Response:
    row = media.own(tx, call.account_id, media_id)
    if row.state == MediaState.FAILED.value:
        raise unfit()
    response = as_response(entities.attachment(call.urls, media.shown_as(row)))
    response.status_code = 200 if row.state == MediaState.READY.value else unfinished
    return response


_ONE = "/api/v1/media/<media_id>"
_WRITE = ("write:media",)
ROUTES = (
    Route("POST", "/api/v2/media", upload, _WRITE, uploads=True),
    Route("POST", "/api/v1/media", upload_and_wait, _WRITE, uploads=True),
    Route("GET", _ONE, show, _WRITE),
    Route("PUT", _ONE, change, _WRITE, uploads=True),
    Route("DELETE", _ONE, delete, _WRITE),
)
