# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever is asked of people, lists, filters, hashtags, discovery and search is answered in JSON, and never by 500."""

import re
from typing import Any

import pytest

from appliance.fediverse.mastodon_api import (
    accounts,
    discovery,
    filters,
    filters_v1,
    follow_requests,
    lists,
    people,
    relationships,
    search,
    silences,
    tags,
    timelines,
)
from appliance.fediverse.mastodon_api.routing import Route
from tests.fediverse.conftest import Person

MODULES = (
    *(accounts, discovery, filters, filters_v1, follow_requests, lists),
    *(people, relationships, search, silences, tags, timelines),
)
ROUTES = [route for module in MODULES for route in module.ROUTES]
NAMES = (
    *("q", "type", "resolve", "offset", "limit", "max_id", "min_id", "since_id", "account_id", "following", "acct"),
    *("id", "title", "context", "filter_action", "expires_in", "keywords_attributes", "keyword", "whole_word"),
    *("status_id", "phrase", "irreversible", "replies_policy", "exclusive", "account_ids", "domain", "comment"),
    *("duration", "notifications", "languages", "reblogs", "notify", "name", "any", "all", "none", "local", "url"),
    *("only_media", "tagged", "exclude_replies", "order", "with_suspended"),
)
NONSENSE: dict[str, Any] = {
    "zero": "\0",
    "huge": "9" * 400,
    "negative": -(2**70),
    "nested": {"a": [{"b": [None, {"c": 1}]}]},
    "list": [None, True, 1.5, "x", []],
    "null": None,
    "signs": "';--\"%_\\<&|!*(){}[]:~^",
    "long": "x" * 20_000,
    "marks": "a" + "\u0301" * 500,
    "backwards": "\u202e\ufeff",
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_refused_and_breaks_nothing(anna: Person, kind: str) -> None:
    value = NONSENSE[kind]
    for route in ROUTES:
        path = _path(route, str(value)[:60])
        if route.method == "GET":
            query = {name: str(value)[:300] for name in NAMES}
            answer = anna.ask("GET", path, query_string=query)
        else:
            answer = anna.ask(route.method, path, json=dict.fromkeys(NAMES, value))
        assert answer.status_code < 500, (route.method, path, answer.text)
        assert answer.json is not None, (route.method, path, answer.status_code)
    assert anna.get("/api/v1/accounts/verify_credentials")["username"] == "anna"


@pytest.mark.parametrize("value", ["0", "9" * 18, "9" * 30, "-1", "x", "é"])
def test_nobody_has_such_an_id(anna: Person, value: str) -> None:
    for route in ROUTES:
        if "_id>" in route.path and "suggestions" not in route.path:
            path = _path(route, value)
            answer = anna.ask(route.method, path, **({} if route.method == "GET" else {"json": {}}))
            assert answer.status_code in (404, 405), (route.method, path, answer.status_code, answer.text)


def _path(route: Route, value: str) -> str:
    return re.sub(r"<[^>]+>", value.replace("/", "").replace("?", "").replace("#", "") or "x", route.path)
