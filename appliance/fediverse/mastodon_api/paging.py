# SPDX-License-Identifier: AGPL-3.0-or-later
"""Answers with a page of a list, and the Link header to the pages around it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import flask

from appliance.fediverse.mastodon_api.routing import Call, as_response
from appliance.fediverse.services.paging import Page

_OWN = ("max_id", "since_id", "min_id", "offset")


def paged(call: Call, page: Page, ids: Sequence[int], items: Any) -> flask.Response:
    """`ids` are those by which the list is paged, newest first; `items` what is shown of it."""
    response = as_response(items)
    links = []
    if len(ids) >= page.limit:
        links.append(f'<{_url(call, "max_id", ids[-1])}>; rel="next"')
    if ids:
        links.append(f'<{_url(call, "min_id", ids[0])}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def paged_by_offset(call: Call, limit: int, offset: int, items: Sequence[Any], body: Any = None) -> flask.Response:
    """For lists that are not in the order of ids. `body` is what is answered, if it is not the items themselves."""
    response = as_response(items if body is None else body)
    links = []
    if len(items) >= limit:
        links.append(f'<{_url(call, "offset", offset + limit)}>; rel="next"')
    if offset > 0:
        links.append(f'<{_url(call, "offset", max(0, offset - limit))}>; rel="prev"')
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _url(call: Call, name: str, value: int) -> str:
    kept = [(key, each) for key, values in flask.request.args.lists() if key not in _OWN for each in values]
    query = urlencode([*kept, (name, str(value))])
    return f"{call.urls.origin}{flask.request.path}?{query}"
