# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers with a page of a list, and the Link header to the pages around it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import flask

from appliance.fediverse.mastodon_api.routing import Call, as_response
from appliance.fediverse.services.paging import Page

_OWN = ("max_id", "since_id", "min_id")


def paged(call: Call, page: Page, ids: Sequence[int], items: Any) -> flask.Response:
    """`ids` are those by which the list is paged, newest first; `items` what is shown of it."""
    response = as_response(items)
    links = []
    if len(ids) >= page.limit:
        links.append(f'<{_url(call, page, "max_id", ids[-1])}>; rel="next"')
    if ids:
        links.append(f'<{_url(call, page, "min_id", ids[0])}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _url(call: Call, page: Page, name: str, value: int) -> str:
    kept = [(key, each) for key, values in flask.request.args.lists() if key not in _OWN for each in values]
    query = urlencode([*kept, (name, str(value))])
    return f"{call.urls.origin}{flask.request.path}?{query}"
