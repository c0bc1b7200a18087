# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quotes of other servers, read (FEP-044f): what a post quotes, and whether who wrote that agreed.

Consent is a document on the quoted author's server, a stamp that names both posts. Older names of the property come
without one; such a quote is known and not shown as agreed to.
"""

from dataclasses import dataclass

from appliance.fediverse.activitypub import reading, stamps
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.fetch import Fetcher
from appliance.system.guard import NetError

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
    try:
        stamp = stamps.agrees(fetcher, "QuoteAuthorization", quote.stamp, quoted_author_uri, quoting_uri, quote.uri)
    except NetError:
        return False
    return stamp is not None and reading.uri(stamp.get("attributedTo")) == quoted_author_uri
