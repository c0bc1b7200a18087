# SPDX-License-Identifier: AGPL-3.0-or-later
"""Other servers' media as our members' browsers get them: from here, so that no stranger learns who looks.

Only addresses that we signed are fetched. What is not kept yet the companion fetches; the asker waits for it a
moment, but only few at a time, since each keeps a thread. The others get something to look at meanwhile.
"""

import threading
from enum import Enum
from typing import Any

import flask
import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.context import context, request_urls
from appliance.fediverse.mastodon_api import pictures
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.views import harmless, send
from appliance.fediverse.model import MediaPurpose, MediaState
from appliance.fediverse.services import kept_media

SECONDS = 8.0
AT_ONCE = 2  # of a process
_PAUSE = 0.05
_SLOTS = "hearth.elsewhere"


class Verdict(Enum):
    WAITING = "waiting"
    HOPELESS = "hopeless"


def add_to(blueprint: flask.Blueprint) -> None:
    path = "/elsewhere/<purpose>/<signature>/<name>"
    blueprint.add_url_rule(path, "elsewhere", _original)
    blueprint.add_url_rule(f"{path}/small", "elsewhere_small", _small)


def _original(purpose: str, signature: str, name: str) -> flask.Response:
    return _show(purpose, signature, name, small=False)


def _small(purpose: str, signature: str, name: str) -> flask.Response:
    return _show(purpose, signature, name, small=True)


def _show(purpose_name: str, signature: str, name: str, *, small: bool) -> flask.Response:
    purpose = next((each for each in MediaPurpose if each.value == purpose_name), None)
    url = request_urls().shown_elsewhere(purpose, signature, name) if purpose else None
    if purpose is None or url is None:
        raise _nothing()
    found = _look(purpose, url) or _wait(purpose, url)
    if isinstance(found, sa.Row):
        return send(Shelf.KEPT, str(found.small if small and found.small else found.file))
    return _instead(purpose, found)


def _look(purpose: MediaPurpose, url: str) -> "sa.Row[Any] | Verdict | None":
    """What is kept, or that there is no hope; None if it is to be waited for."""
    here = context()
    with here.database.read() as tx:
        row = kept_media.find(tx, purpose, url)
        now = tx.now_ms
    if row is None:
        return None
    if row.state == MediaState.READY.value:
        path = here.store.path(Shelf.KEPT, row.file or "")
        if path is None or not path.is_file():
            with here.database.write() as tx:
                kept_media.lost(tx, row)
            return None
        if kept_media.needs_note(row, now):
            with here.database.write() as tx:
                kept_media.note_use(tx, row)
        return row
    return Verdict.HOPELESS if kept_media.is_hopeless(row, now) else None


def _wait(purpose: MediaPurpose, url: str) -> "sa.Row[Any] | Verdict":
    here = context()
    with here.database.write() as tx:
        kept_media.want(tx, purpose, url)
    slots: threading.BoundedSemaphore = flask.current_app.extensions.setdefault(
        _SLOTS, threading.BoundedSemaphore(AT_ONCE)
    )
    if not slots.acquire(blocking=False):
        return _look(purpose, url) or Verdict.WAITING
    try:
        deadline = here.clock.monotonic() + SECONDS
        while (found := _look(purpose, url)) is None and here.clock.monotonic() < deadline:
            here.clock.sleep(_PAUSE)
        return found or Verdict.WAITING
    finally:
        slots.release()


def _instead(purpose: MediaPurpose, verdict: Verdict) -> flask.Response:
    """A drawn picture for a face or header; for the rest, that it can't be had (now)."""
    if purpose in (MediaPurpose.AVATAR, MediaPurpose.HEADER):
        urls = request_urls()
        drawn = pictures.header(urls) if purpose is MediaPurpose.HEADER else pictures.avatar(urls, "")
        response = flask.make_response(flask.redirect(drawn, 302))
    else:
        status = 404 if verdict is Verdict.HOPELESS else 503
        response = flask.Response("", status, mimetype="text/plain")
        response.headers["Retry-After"] = "10"
    harmless(response)
    response.headers["Cache-Control"] = "no-store"
    return response


def _nothing() -> HearthError:
    return HearthError("not-found", "There is no such file.", status=404)
