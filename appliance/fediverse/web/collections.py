# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections on pages: one for whoever was sent its address, and a member's list of those that she is in."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, abort, redirect, render_template
from werkzeug.wrappers import Response

from appliance.fediverse.context import context, request_urls
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.services import collection_items, collections
from appliance.fediverse.services.paging import LARGEST_ID
from appliance.fediverse.web import forms, reading
from appliance.fediverse.web.documents_or_pages import elsewhere, wants_activity
from appliance.fediverse.web.reading import Author
from appliance.fediverse.web.visitor import member
from appliance.system.clock import from_milliseconds

_PEOPLE = sa.select(
    *(accounts.c.id, accounts.c.username, accounts.c.domain, accounts.c.display_name, accounts.c.url, accounts.c.uri),
    accounts.c.avatar_url.label("author_avatar"),
).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)))

_MOST = 100  # that a member is shown at once


@dataclass(frozen=True)
class Page:
    """`description` is plain text; only collections of ours have a page here."""

    name: str
    description: str
    language: str | None
    tag: str | None
    sensitive: bool
    changed: datetime
    owner: Author
    people: tuple[Author, ...]


@dataclass(frozen=True)
class Membership:
    """A collection that a member is in; `page` is where it can be seen."""

    collection_id: int
    item_id: int
    name: str
    owner: str
    page: str


def add_to(web: Blueprint) -> None:
    web.add_url_rule("/settings/collections/leave", "settings_collections_leave", _leave, methods=["POST"])
    web.add_url_rule(f"/collections/<int(max={LARGEST_ID}):collection_id>", "collection", _collection)


def of(tx: Tx, account_id: int) -> list[tuple[str, str]]:
    """Path and name of those that somebody shows on her profile."""
    rows = collections.of_account(tx, None, account_id, collections.MOST)
    return [(f"/collections/{row.id}", row.name) for row in rows]


def with_member(tx: Tx, account_id: int) -> list[Membership]:
    """The newest first. For members whose app does not know collections: nobody must need one to leave."""
    rows = collections.with_account(tx, account_id, _MOST, 0)
    items = collections.items(tx, account_id, rows)
    mine = {each.collection_id: each.id for found in items.values() for each in found if each.account_id == account_id}
    return [
        Membership(
            row.id,
            mine[row.id],
            row.name,
            f"@{row.username}@{row.domain}" if row.domain else f"@{row.username}",
            reading.web_address(row.url or row.uri) if row.domain else f"/collections/{row.id}",
        )
        for row in rows
        if row.id in mine
    ]


def _leave() -> Response:
    me = member()
    with context().database.write() as tx:
        collection_items.leave(tx, request_urls(), me.account_id, forms.number("collection"), forms.number("id"))
    return redirect("/settings?done=collection", 303)


def _collection(collection_id: int) -> str | Response:
    with context().database.read() as tx:
        row = collections.by_ids(tx, [collection_id]).get(collection_id)
        if row is None:
            abort(404)
        if row.domain:
            return elsewhere(reading.web_address(row.url or row.uri))
        address = request_urls().featured_collection(row.username, row.id)
        if wants_activity():
            return elsewhere(address)
        ids = [item.account_id for item in collections.items(tx, None, [row])[row.id]]
        found = {each.id: reading.author_of(each) for each in tx.all(_PEOPLE, {"ids": [row.account_id, *ids]})}
    page = Page(
        name=row.name,
        description=row.description,
        language=row.language,
        tag=row.tag,
        sensitive=row.sensitive,
        changed=from_milliseconds(row.updated_at),
        owner=found[row.account_id],
        people=tuple(found[each] for each in ids),
    )
    return render_template("web/collection.html", page=page, document=address)
