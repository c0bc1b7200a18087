# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a note of ours says of quotes (FEP-044f): what it quotes and by whose leave, and who may quote it."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.services import quote_policy
from appliance.fediverse.urls import Urls

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT: dict[str, Any] = {
    "gts": "https://gotosocial.org/ns#",
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
    "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
    "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
    "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
    "quote": {"@id": "https://w3id.org/fep/044f#quote", "@type": "@id"},
    "quoteAuthorization": {"@id": "https://w3id.org/fep/044f#quoteAuthorization", "@type": "@id"},
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
}


@dataclass(frozen=True)
class Quoted:
    """`stamp` is where the quoted author's server says that it agreed, if it did and had to."""

    uri: str
    stamp: str | None


def of_note(urls: Urls, status: sa.Row[Any], username: str, quoted: Quoted | None) -> dict[str, Any]:
    """The properties of the note."""
    at_once = quote_policy.automatic(status.quote_policy)
    found: dict[str, Any] = {"interactionPolicy": {"canQuote": {"automaticApproval": [_who(urls, username, at_once)]}}}
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


def _who(urls: Urls, username: str, kinds: list[str]) -> str:
    if quote_policy.PUBLIC in kinds:
        return PUBLIC
    return urls.followers(username) if quote_policy.FOLLOWERS in kinds else urls.actor(username)
