# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filters, and what of a status they were met by: https://docs.joinmastodon.org/entities/Filter/"""

from collections.abc import Sequence
from typing import Any

from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment_or_none
from appliance.fediverse.model import FilterAction
from appliance.fediverse.services.filter_matches import Match
from appliance.fediverse.services.filters import Filter


def whole(shown: Filter) -> Entity:
    """With keywords and statuses."""
    contexts = [context.value for context in shown.contexts]
    return _filter(shown.id, shown.title, contexts, shown.expires_at, shown.action.value) | {
        "keywords": [keyword(row) for row in shown.keywords],
        "statuses": [status(row) for row in shown.statuses],
    }


def keyword(row: Row) -> Entity:
    return {"id": str(row.id), "keyword": row.keyword, "whole_word": row.whole_word}


def status(row: Row) -> Entity:
    return {"id": str(row.id), "status_id": str(row.status_id)}


def results(matches: Sequence[Match]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/FilterResult/"""
    return [
        {
            "filter": _filter(
                match.filter.id,
                match.filter.title,
                match.filter.contexts,
                match.filter.expires_at,
                match.filter.action,
            ),
            "keyword_matches": list(match.keywords) or None,
            "status_matches": [str(each) for each in match.status_ids] or None,
        }
        for match in matches
    ]


def first_version(shown: Filter, row: Row) -> Entity:
    """One keyword, as https://docs.joinmastodon.org/entities/V1_Filter/"""
    return {
        "id": str(row.id),
        "phrase": row.keyword,
        "context": [context.value for context in shown.contexts],
        "whole_word": row.whole_word,
        "expires_at": moment_or_none(shown.expires_at),
        "irreversible": shown.action is FilterAction.HIDE,
    }


def _filter(filter_id: int, title: str, contexts: Sequence[str], expires_at: int | None, action: str) -> dict[str, Any]:
    return {
        "id": str(filter_id),
        "title": title,
        "context": list(contexts),
        "expires_at": moment_or_none(expires_at),
        "filter_action": action,
    }
