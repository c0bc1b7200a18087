# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of accounts as other servers ask for them (FEP-7aa9), and members' stamps for those of others."""

import flask
import sqlalchemy as sa
from werkzeug.wrappers import Response

from appliance.errors import HearthError
from appliance.fediverse.activitypub import collection_documents, outgoing
from appliance.fediverse.activitypub.asked import member, open_to_asker, show
from appliance.fediverse.activitypub.collection_documents import Featured
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import collection_items
from appliance.fediverse.model import FeatureState
from appliance.fediverse.services import accounts, collections
from appliance.fediverse.services.paging import LARGEST_ID

_ITEM = sa.select(collection_items).where(
    collection_items.c.id == sa.bindparam("id"), collection_items.c.state == FeatureState.ACCEPTED.value
)


def register(blueprint: flask.Blueprint) -> None:
    blueprint.get("/users/<username>/featured_collections")(featured_collections)
    blueprint.get("/users/<username>/featured_collections/<int:collection_id>")(collection)
    blueprint.get("/users/<username>/featured_collections/<int:collection_id>/items/<int:item_id>")(item)
    blueprint.get("/users/<username>/feature_authorizations/<int:item_id>")(stamp)


def featured_collections(username: str) -> Response:
    """Those that are to be found by everybody."""
    here, urls = open_to_asker()
    with here.database.read() as tx:
        owner = member(tx, username)
        rows = collections.of_account(tx, None, owner.id, collections.MOST)
        found = [outgoing.collection_document(tx, urls, row) for row in rows]
    uri = urls.featured_collections(owner.username)
    return show({"id": uri, "type": "OrderedCollection", "totalItems": len(found), "orderedItems": found})


def collection(username: str, collection_id: int) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        return show(outgoing.collection_document(tx, urls, _collection(tx, username, collection_id)))


def item(username: str, collection_id: int, item_id: int) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        row, found = _collection(tx, username, collection_id), _item(tx, item_id)
        account = accounts.by_id(tx, found.account_id)
        if found.collection_id != row.id or account is None or account.suspended_at is not None:
            raise _nothing()
        return show(collection_documents.item(urls, row, Featured(found, account)))


def stamp(username: str, item_id: int) -> Response:
    """That a member agrees to be in somebody's collection."""
    here, urls = open_to_asker()
    with here.database.read() as tx:
        account, found = member(tx, username), _item(tx, item_id)
        row = collections.by_ids(tx, [found.collection_id]).get(found.collection_id)
        if found.account_id != account.id or row is None:
            raise _nothing()
        uri = row.uri or urls.featured_collection(row.username, row.id)
        return show(collection_documents.stamp(urls, account.username, item_id, uri))


def _collection(tx: Tx, username: str, collection_id: int) -> Row:
    """A member's. Raises HearthError 404."""
    owner = member(tx, username)
    row = collections.by_ids(tx, [min(collection_id, LARGEST_ID)]).get(collection_id)
    if row is None or row.account_id != owner.id:
        raise _nothing()
    return row


def _item(tx: Tx, item_id: int) -> Row:
    """Of somebody who agreed. Raises HearthError 404."""
    row = tx.one(_ITEM, {"id": min(item_id, LARGEST_ID)})
    if row is None:
        raise _nothing()
    return row


def _nothing() -> HearthError:
    return HearthError("not-found", "There is no such collection, or nobody agreed to be in it.", status=404)
