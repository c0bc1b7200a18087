# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of a collection: people whom a member recommends, for whoever was sent its address."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, abort, render_template
from werkzeug.wrappers import Response

from appliance.fediverse.context import context, request_urls
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.services import collections
from appliance.fediverse.services.paging import LARGEST_ID
from appliance.fediverse.web import reading
from appliance.fediverse.web.documents_or_pages import elsewhere, wants_activity
from appliance.fediverse.web.reading import Author
from appliance.system.clock import from_milliseconds

_PEOPLE = sa.select(
    *(accounts.c.id, accounts.c.username, accounts.c.domain, accounts.c.display_name, accounts.c.url, accounts.c.uri),
    accounts.c.avatar_url.label("author_avatar"),
).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)))


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


def add_to(web: Blueprint) -> None:
    web.add_url_rule(f"/collections/<int(max={LARGEST_ID}):collection_id>", "collection", _collection)


def of(tx: Tx, account_id: int) -> list[tuple[str, str]]:
    """Path and name of those that somebody shows on her profile."""
    rows = collections.of_account(tx, None, account_id, collections.MOST)
    return [(f"/collections/{row.id}", row.name) for row in rows]


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
