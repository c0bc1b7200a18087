# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts as other servers read them (FEP-7aa9): rows turned into documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from appliance.fediverse.activitypub.documents import Document, Row, account_uri, iso
from appliance.fediverse.urls import Urls


@dataclass(frozen=True)
class Featured:
    """Somebody in a collection: its row, and that of the account."""

    item: Row
    account: Row


def collection(urls: Urls, row: Row, items: Sequence[Featured]) -> Document:
    """One of ours, with those who agreed."""
    uri = urls.featured_collection(row.username, row.id)
    document: Document = {
        "id": uri,
        "type": "FeaturedCollection",
        "attributedTo": urls.actor(row.username),
        "url": urls.collection_page(row.id),
        "name": row.name,
        "sensitive": row.sensitive,
        "discoverable": row.discoverable,
        "published": iso(row.created_at),
        "updated": iso(row.updated_at),
        "totalItems": len(items),
        "orderedItems": [item(urls, row, each) for each in items],
    }
    said = escape(row.description, quote=False)
    if row.language:
        document["summaryMap"] = {row.language: said}
    else:
        document["summary"] = said
    if row.tag:
        document["topic"] = {"type": "Hashtag", "href": urls.tag(row.tag), "name": f"#{row.tag}"}
    return document


def tag(urls: Urls, row: Row) -> Document:
    """Any collection that is known here, as a note names it."""
    uri = row.uri or urls.featured_collection(row.username, row.id)
    return {"type": "FeaturedCollection", "id": uri, "name": row.name}


def item(urls: Urls, row: Row, featured: Featured) -> Document:
    account = featured.account
    return {
        "id": urls.featured_item(row.username, row.id, featured.item.id),
        "type": "FeaturedItem",
        "featuredObject": account_uri(urls, account),
        "featuredObjectType": account.actor_type,
        "featureAuthorization": stamp_uri(urls, featured),
        "published": iso(featured.item.created_at),
    }


def stamp_uri(urls: Urls, featured: Featured) -> str | None:
    if featured.account.domain:
        return featured.item.approval_uri or None
    return urls.feature_stamp(featured.account.username, featured.item.id)


def stamp(urls: Urls, username: str, item_id: int, collection_uri: str) -> Document:
    """By which a member agrees to be recommended."""
    return {
        "id": urls.feature_stamp(username, item_id),
        "type": "FeatureAuthorization",
        "interactingObject": collection_uri,
        "interactionTarget": urls.actor(username),
    }
