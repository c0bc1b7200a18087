# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a note of ours says of quotes (FEP-044f): what it quotes and by whose leave, and who may quote it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.activitypub import policies
from appliance.fediverse.urls import Urls


@dataclass(frozen=True)
class Quoted:
    """`stamp` is where the quoted author's server says that it agreed, if it did and had to."""

    uri: str
    stamp: str | None


def of_note(urls: Urls, status: sa.Row[Any], username: str, quoted: Quoted | None) -> dict[str, Any]:
    """The properties of the note."""
    found: dict[str, Any] = {"interactionPolicy": policies.written(urls, username, "canQuote", status.quote_policy)}
    if quoted is not None:
        found |= {"quote": quoted.uri, "quoteUri": quoted.uri, "_misskey_quote": quoted.uri}
        if quoted.stamp is not None:
            found["quoteAuthorization"] = quoted.stamp
    return found


def stamp(urls: Urls, username: str, quoting_id: int, quoting_uri: str, quoted_uri: str) -> dict[str, Any]:
    """By which somebody of ours agrees to be quoted."""
    return {
        "id": urls.quote_stamp(username, quoting_id),
        "type": "QuoteAuthorization",
        "attributedTo": urls.actor(username),
        "interactingObject": quoting_uri,
        "interactionTarget": quoted_uri,
    }
