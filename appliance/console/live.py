# SPDX-License-Identifier: AGPL-3.0-or-later
"""The living parts of pages: the same small templates as on the page, sent again whenever the status changes."""

import json
from collections.abc import Iterator

from flask import Blueprint, Response, jsonify, render_template, request, session, stream_with_context

from appliance.console import session as who
from appliance.console.context import console
from appliance.console.places import DASHBOARD, place
from appliance.errors import HearthError
from appliance.status import Status

# Which parts a page has.
_PAGES = {
    "dashboard": ("headline", "issues", "way", "jobs", "capabilities"),
    "way": ("way", "way_details"),
    "records": ("records",),
}
# A browser asks again by itself; so the end of a session or a worker is never far away.
_MAX_SECONDS = 600.0


def blueprint() -> Blueprint:
    live = Blueprint("live", __name__)
    live.add_url_rule("/events", "events", events)
    live.add_url_rule("/now", "now", now)
    return live


def events() -> Response:
    """Server-sent events, each a mapping from part to HTML. 204 tells the browser not to ask again."""
    activity = console().activity
    page = _page()
    if page is None or not activity.begin_stream():
        return Response(status=204)
    response = Response(stream_with_context(_stream(page)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(activity.end_stream)
    return response


def now() -> Response:
    """The same once, for browsers that found no free stream. 204: not logged in any more."""
    page = _page()
    if page is None:
        return Response(status=204)
    return jsonify(parts(console().supervisor.status(), page))


def parts(status: Status, page: str) -> dict[str, str]:
    token = who.csrf_token()
    return {
        name: render_template(f"console/part_{name}.html", status=status, csrf_token=token).strip()
        for name in _PAGES[page]
    }


def _page() -> str | None:
    """Which page asks, None if this browser may not have it. The wizard has one that lives before all is set up."""
    asked = request.args.get("page", "dashboard")
    allowed = {DASHBOARD, "wizard.review"} if asked == "records" else {DASHBOARD}
    return asked if asked in _PAGES and place() in allowed else None


def _stream(page: str) -> Iterator[str]:
    seconds = console().clock.monotonic
    end = seconds() + _MAX_SECONDS
    shown: dict[str, str] = {}
    yield "retry: 3000\n\n"
    try:
        for status in console().supervisor.watch():
            if seconds() > end or status.box.epoch != session.get("epoch"):
                return
            fresh = parts(status, page)
            changed = {name: html for name, html in fresh.items() if shown.get(name) != html}
            shown = fresh
            yield f"data: {json.dumps(changed)}\n\n" if changed else ": all as before\n\n"
    except HearthError:
        return
