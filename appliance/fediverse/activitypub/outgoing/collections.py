# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of collections of accounts (FEP-7aa9): what they are, who is in them, and who is asked to be."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.activitypub import audience, collection_documents, documents
from appliance.fediverse.activitypub.audience import Inboxes
from appliance.fediverse.activitypub.collection_documents import Featured
from appliance.fediverse.activitypub.documents import Document, Row
from appliance.fediverse.activitypub.outgoing.send import account, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, collection_items, collections
from appliance.fediverse.model import FeatureState
from appliance.fediverse.urls import Urls

_ACCEPTED = FeatureState.ACCEPTED.value
_COLLECTION = (
    sa.select(collections, accounts.c.username, accounts.c.domain)
    .join(accounts, accounts.c.id == collections.c.account_id)
    .where(collections.c.id == sa.bindparam("id"))
)
_ITEMS = (
    sa.select(collection_items)
    .where(collection_items.c.collection_id == sa.bindparam("id"))
    .order_by(collection_items.c.position, collection_items.c.id)
)
_ITEM = sa.select(collection_items).where(collection_items.c.id == sa.bindparam("id"))


def collection_created(tx: Tx, urls: Urls, collection_id: int) -> None:
    if row := _ours(tx, urls, collection_id):
        document = collection_document(tx, urls, row)
        target = urls.featured_collections(row.username)
        _tell(tx, urls, row, "Add", "created", document, target=target, to=[documents.PUBLIC])


def collection_changed(tx: Tx, urls: Urls, collection_id: int) -> None:
    if row := _ours(tx, urls, collection_id):
        document = collection_document(tx, urls, row)
        _tell(tx, urls, row, "Update", f"updates/{tx.next_id()}", document, to=[documents.PUBLIC])


def collection_deleted(tx: Tx, urls: Urls, collection_id: int) -> None:
    """Call it before the rows go."""
    if row := _ours(tx, urls, collection_id):
        uri, target = urls.featured_collection(row.username, row.id), urls.featured_collections(row.username)
        _tell(tx, urls, row, "Remove", "removed", uri, target=target, to=[documents.PUBLIC])


def item_added(tx: Tx, urls: Urls, item_id: int) -> None:
    """Somebody is in it who agreed."""
    item = _item(tx, item_id)
    if row := _ours(tx, urls, item.collection_id):
        document = collection_documents.item(urls, row, Featured(item, account(tx, item.account_id)))
        target = urls.featured_collection(row.username, row.id)
        _tell(tx, urls, row, "Add", f"added/{item.id}", document, target=target, to=[documents.PUBLIC])


def item_removed(tx: Tx, urls: Urls, item_id: int) -> None:
    """Call it before the row goes."""
    item = _item(tx, item_id)
    if row := _ours(tx, urls, item.collection_id):
        uri = urls.featured_item(row.username, row.id, item.id)
        target, asked = urls.featured_collection(row.username, row.id), account(tx, item.account_id)
        more = {"target": target, "to": [documents.PUBLIC]}
        if item.state == _ACCEPTED:
            _tell(tx, urls, row, "Remove", f"removed/{item.id}", uri, **more)
        else:  # nobody else heard that she was asked
            body = documents.activity("Remove", f"{target}#removed/{item.id}", urls.actor(row.username), uri, **more)
            send(tx, row.account_id, body, audience.of_account(asked))


def feature_requested(tx: Tx, urls: Urls, item_id: int) -> None:
    """Somebody of elsewhere is asked whether she may be in a collection of ours."""
    item = _item(tx, item_id)
    if row := _ours(tx, urls, item.collection_id):
        asked, actor_uri = account(tx, item.account_id), urls.actor(row.username)
        instrument = urls.featured_collection(row.username, row.id)
        uri = f"{actor_uri}#feature_requests/{item.id}"
        body = documents.activity("FeatureRequest", uri, actor_uri, asked.uri, instrument=instrument)
        send(tx, row.account_id, body, audience.of_account(asked))


def feature_granted(tx: Tx, urls: Urls, member: Row, item_id: int, asker: Row, request: Document) -> None:
    """A member may be in somebody's collection."""
    actor_uri = urls.actor(member.username)
    uri, stamp = f"{actor_uri}#accepts/features/{tx.next_id()}", urls.feature_stamp(member.username, item_id)
    body = documents.activity("Accept", uri, actor_uri, request, result=stamp, to=[asker.uri])
    send(tx, member.id, body, audience.of_account(asker))


def feature_refused(tx: Tx, urls: Urls, member: Row, asker: Row, request: Document) -> None:
    actor_uri = urls.actor(member.username)
    uri = f"{actor_uri}#rejects/features/{tx.next_id()}"
    body = documents.activity("Reject", uri, actor_uri, request, to=[asker.uri])
    send(tx, member.id, body, audience.of_account(asker))


def feature_stamp_gone(tx: Tx, urls: Urls, item_id: int) -> None:
    """A member takes back that she may be in a collection of elsewhere. Of ours the collection's owner tells."""
    item = _item(tx, item_id)
    row, member = tx.one(_COLLECTION, {"id": item.collection_id}), account(tx, item.account_id)
    if row is None or not row.domain or member.domain or not urls.federating:
        return
    stamp = collection_documents.stamp(urls, member.username, item_id, row.uri)
    body = documents.activity(
        "Delete", f"{stamp['id']}#delete", urls.actor(member.username), stamp, to=[documents.PUBLIC]
    )
    owner = account(tx, row.account_id)
    send(tx, member.id, body, audience.of_account(owner) | audience.of_followers(tx, member.id))


def collection_tags(tx: Tx, urls: Urls, ids: Iterable[int]) -> tuple[Document, ...]:
    """By which a note names collections, as Mastodon does."""
    rows = (tx.one(_COLLECTION, {"id": each}) for each in ids)
    return tuple(collection_documents.tag(urls, row) for row in rows if row is not None)


def collection_document(tx: Tx, urls: Urls, row: Row) -> Document:
    """A collection of ours, its row with its owner's name, with all who agreed."""
    items = [each for each in tx.all(_ITEMS, {"id": row.id}) if each.state == _ACCEPTED]
    featured = [Featured(each, account(tx, each.account_id)) for each in items]
    shown = [each for each in featured if each.account.suspended_at is None and each.account.deleted_at is None]
    return collection_documents.collection(urls, row, shown)


def _tell(tx: Tx, urls: Urls, row: Row, kind: str, name: str, thing: Document | str, **more: Any) -> None:
    """Who follows the owner hears of it, and who is in it."""
    uri = f"{urls.featured_collection(row.username, row.id)}#{name}"
    body = documents.activity(kind, uri, urls.actor(row.username), thing, **more)
    send(tx, row.account_id, body, audience.of_followers(tx, row.account_id) | _featured_inboxes(tx, row.id))


def _featured_inboxes(tx: Tx, collection_id: int) -> Inboxes:
    items = (each for each in tx.all(_ITEMS, {"id": collection_id}) if each.state == _ACCEPTED)
    return {inbox for each in items for inbox in audience.of_account(account(tx, each.account_id))}


def _ours(tx: Tx, urls: Urls, collection_id: int) -> Row | None:
    """None where there is nobody to be told."""
    row = tx.one(_COLLECTION, {"id": collection_id}) if urls.federating else None
    return row if row is not None and not row.domain else None


def _item(tx: Tx, item_id: int) -> Row:
    return tx.connection.execute(_ITEM, {"id": item_id}).one()
