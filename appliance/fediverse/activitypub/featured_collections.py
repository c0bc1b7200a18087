# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts of other servers, read (FEP-7aa9), and whether who is in one agreed.

Consent is a document on the server of who is recommended, a stamp that names the collection and her.
"""

from dataclasses import dataclass

from appliance.fediverse.activitypub import reading, sanitise, stamps
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.fetch import Fetcher
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.services.languages import is_code
from appliance.fediverse.services.remote import RemoteCollection
from appliance.fediverse.services.text import is_tag, tag_key

KIND = "FeaturedCollection"
MAX_NAME = 256
MAX_DESCRIPTION = 2048
MAX_TAG = 100


@dataclass(frozen=True)
class Item:
    """Who is in a collection, by URIs. `stamp` is None where nobody is said to have agreed."""

    uri: str
    account: str
    stamp: str | None
    created_at: int | None


def read(document: Document, owner: str) -> RemoteCollection:
    """Raises BadInput bad-document for what is no collection of this actor's."""
    uri = reading.uri(document)
    if uri is None or reading.kind(document) != KIND:
        raise unfit("This is not a collection of accounts.")
    if reading.uri(document.get("attributedTo")) != owner or not reading.same_origin(uri, owner):
        raise unfit("The collection is somebody else's.")
    language, description = _description(document)
    return RemoteCollection(
        uri=uri,
        name=sanitise.plain(reading.text(document, "name", MAX_NAME)),
        description=sanitise.html(description[:MAX_DESCRIPTION]),
        url=_page(uri, document),
        language=language,
        sensitive=document.get("sensitive") is True,
        discoverable=document.get("discoverable") is not False,
        tag=_tag(document),
        created_at=reading.moment(document.get("published")),
        updated_at=reading.moment(document.get("updated")),
    )


def item(document: Document, collection: str) -> Item | None:
    """None for what recommends nobody."""
    uri, account = reading.uri(document), reading.uri(document.get("featuredObject"))
    if uri is None or account is None or not reading.same_origin(uri, collection):
        return None
    stamp = reading.uri(document.get("featureAuthorization"))
    return Item(uri, account, stamp, reading.moment(document.get("published")))


def is_agreed(fetcher: Fetcher, featured: Item, collection: str) -> bool:
    """Asks the server of who is recommended. Raises NetError where it does not answer."""
    account = featured.account
    return stamps.agrees(fetcher, "FeatureAuthorization", featured.stamp, account, collection, account) is not None


def _description(document: Document) -> tuple[str | None, str]:
    """Its language, if that is told, and the HTML."""
    texts = document.get("summaryMap")
    for language, text in texts.items() if isinstance(texts, dict) else ():
        if isinstance(text, str):
            return (language if is_code(language) else None), text
    return None, reading.text(document, "summary", MAX_DESCRIPTION)


def _page(uri: str, document: Document) -> str | None:
    url = reading.link(document.get("url"))
    return url if url is not None and reading.same_origin(uri, url) else None


def _tag(document: Document) -> str | None:
    topic = next(iter(reading.objects(document.get("topic"))), {})
    name = tag_key(reading.text(topic, "name", MAX_TAG).removeprefix("#"))
    return name if is_tag(name) else None
