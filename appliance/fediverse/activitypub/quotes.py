# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quotes of other servers, read (FEP-044f): what a post quotes, and whether who wrote that agreed.

Consent is a document on the quoted author's server, a stamp that names both posts. Older names of the property come
without one; such a quote is known and not shown as agreed to.
"""

from dataclasses import dataclass

from appliance.errors import HearthError
from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.fetch import Fetcher

_PROPERTIES = ("quote", "quoteUrl", "quoteUri", "_misskey_quote")


@dataclass(frozen=True)
class Quote:
    """`uri` is of the quoted post, `stamp` of the document by which its author agreed."""

    uri: str
    stamp: str | None


def read(document: Document) -> Quote | None:
    for name in _PROPERTIES:
        uri = reading.uri(document.get(name))
        if uri is not None:
            return Quote(uri, reading.uri(document.get("quoteAuthorization")))
    return None


def is_agreed(fetcher: Fetcher, quote: Quote, quoting_uri: str, quoted_author_uri: str) -> bool:
    """Asks the quoted author's server."""
    if quote.stamp is None or not reading.same_origin(quote.stamp, quoted_author_uri):
        return False
    try:
        stamp = fetcher.document(quote.stamp)
    except HearthError:
        return False
    return (
        reading.kind(stamp) == "QuoteAuthorization"
        and reading.uri(stamp.get("attributedTo")) == quoted_author_uri
        and reading.uri(stamp.get("interactingObject")) == quoting_uri
        and reading.uri(stamp.get("interactionTarget")) == quote.uri
    )
