# SPDX-License-Identifier: AGPL-3.0-or-later
"""Other servers' media as our members' browsers get them: from here, so that no stranger learns who looks.

Only addresses that we signed are fetched. What is not kept yet the companion fetches; the asker waits for it a
moment. Without a companion in front (`desk`) only few may, since each keeps a thread; the others get something to
look at meanwhile.
"""

import threading
from dataclasses import dataclass
from typing import Any

import flask
import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.context import Context, context, request_urls
from appliance.fediverse.mastodon_api import pictures
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.views import HARMLESS, send
from appliance.fediverse.model import MediaPurpose, MediaState
from appliance.fediverse.services import kept_media
from appliance.fediverse.urls import Urls

SECONDS = 8.0
AT_ONCE = 2  # of a process
_PAUSE = 0.05
_SLOTS = "hearth.elsewhere"


@dataclass(frozen=True)
class Wanted:
    """One picture of another server."""

    purpose: MediaPurpose
    url: str
    small: bool


def meant(urls: Urls, purpose_name: str, signature: str, name: str, *, small: bool) -> Wanted | None:
    """What an address of ours stands for; None for those that we never showed."""
    purpose = next((each for each in MediaPurpose if each.value == purpose_name), None)
    url = urls.shown_elsewhere(purpose, signature, name) if purpose else None
    return Wanted(purpose, url, small) if purpose and url else None


def look(here: Context, wanted: Wanted) -> str | bool | None:
    """The name of the file that is kept, false if there is no hope, None if it is to be waited for."""
    with here.database.read() as tx:
        row = kept_media.find(tx, wanted.purpose, wanted.url)
        now = tx.now_ms
    if row is None:
        return None
    if row.state != MediaState.READY.value:
        return False if kept_media.is_hopeless(row, now) else None
    return _kept(here, wanted, row, now)


def ask_for(here: Context, wanted: Wanted) -> None:
    with here.database.write() as tx:
        kept_media.want(tx, wanted.purpose, wanted.url)


def _kept(here: Context, wanted: Wanted, row: "sa.Row[Any]", now: int) -> str | None:
    name = str(row.small if wanted.small and row.small else row.file)
    path = here.store.path(Shelf.KEPT, name)
    if path is None or not path.is_file():
        with here.database.write() as tx:
            kept_media.lost(tx, row)
        return None
    if kept_media.needs_note(row, now):
        with here.database.write() as tx:
            kept_media.note_use(tx, row)
    return name


def instead(urls: Urls, wanted: Wanted) -> str | None:
    """The address of a drawn picture for a face or header that can't be had."""
    if wanted.purpose is MediaPurpose.HEADER:
        return pictures.header(urls)
    return pictures.avatar(urls, "") if wanted.purpose is MediaPurpose.AVATAR else None


def add_to(blueprint: flask.Blueprint) -> None:
    path = "/elsewhere/<purpose>/<signature>/<name>"
    blueprint.add_url_rule(path, "elsewhere", _original)
    blueprint.add_url_rule(f"{path}/small", "elsewhere_small", _small)


def _original(purpose: str, signature: str, name: str) -> flask.Response:
    return _show(meant(request_urls(), purpose, signature, name, small=False))


def _small(purpose: str, signature: str, name: str) -> flask.Response:
    return _show(meant(request_urls(), purpose, signature, name, small=True))


def _show(wanted: Wanted | None) -> flask.Response:
    if wanted is None:
        raise HearthError("not-found", "There is no such file.", status=404)
    found = look(context(), wanted)
    if found is None:
        found = _wait(wanted)
    if isinstance(found, str):
        return send(Shelf.KEPT, found)
    drawn = instead(request_urls(), wanted)
    if drawn:
        response = flask.make_response(flask.redirect(drawn, 302))
    else:
        response = flask.Response("", 404 if found is False else 503, mimetype="text/plain")
        response.headers["Retry-After"] = "10"
    response.headers.update(HARMLESS | {"Cache-Control": "no-store"})
    return response


def _wait(wanted: Wanted) -> str | bool | None:
    here = context()
    ask_for(here, wanted)
    slots: threading.BoundedSemaphore = flask.current_app.extensions.setdefault(
        _SLOTS, threading.BoundedSemaphore(AT_ONCE)
    )
    if not slots.acquire(blocking=False):
        return look(here, wanted)
    try:
        deadline = here.clock.monotonic() + SECONDS
        while (found := look(here, wanted)) is None and here.clock.monotonic() < deadline:
            here.clock.sleep(_PAUSE)
        return found
    finally:
        slots.release()
