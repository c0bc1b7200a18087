# SPDX-License-Identifier: AGPL-3.0-or-later
"""The accounts and hashtags that a status names, found and stored."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import mentions, status_tags, tags
from appliance.fediverse.services import accounts
from appliance.fediverse.services.text import Text
from appliance.fediverse.urls import Urls

MAX_TAGS = 50
_TAG = sa.select(tags.c.id).where(tags.c.name == sa.bindparam("name"))
_INSERT_TAG, _INSERT_STATUS_TAG, _INSERT_MENTION = sa.insert(tags), sa.insert(status_tags), sa.insert(mentions)


def find(tx: Tx, urls: Urls, text: Text, resolved: Mapping[str, int]) -> dict[str, sa.Row[Any]]:
    """Account rows by handle: those known here, or `resolved` from elsewhere just before."""
    found = {}
    for handle in text.handles:
        row = accounts.find(tx, urls, handle)
        if row is None and handle in resolved:
            row = accounts.by_id(tx, resolved[handle])
        if row is not None:
            found[handle] = row
    return found


def store_mentions(tx: Tx, status_id: int, account_ids: Iterable[int]) -> None:
    rows = [{"status_id": status_id, "account_id": account_id} for account_id in dict.fromkeys(account_ids)]
    if rows:
        tx.execute(_INSERT_MENTION, rows)


def store_tags(tx: Tx, status_id: int, names: Collection[str]) -> list[int]:
    """Names in lower case. Their ids are handed back."""
    ids = [_tag_id(tx, name) for name in list(dict.fromkeys(names))[:MAX_TAGS]]
    if ids:
        tx.execute(_INSERT_STATUS_TAG, [{"status_id": status_id, "tag_id": tag_id} for tag_id in ids])
    return ids


def replace(tx: Tx, status_id: int, account_ids: Iterable[int], names: Collection[str]) -> list[int]:
    """After an edit; those mentioned now who were not before are handed back."""
    before = {row.account_id for row in tx.all(sa.select(mentions).where(mentions.c.status_id == status_id))}
    wanted = list(dict.fromkeys(account_ids))
    tx.execute(sa.delete(mentions).where(mentions.c.status_id == status_id))
    tx.execute(sa.delete(status_tags).where(status_tags.c.status_id == status_id))
    store_mentions(tx, status_id, wanted)
    store_tags(tx, status_id, names)
    return [account_id for account_id in wanted if account_id not in before]


def _tag_id(tx: Tx, name: str) -> int:
    known = tx.one(_TAG, {"name": name})
    if known is not None:
        return int(known.id)
    tag_id = tx.next_id()
    tx.execute(_INSERT_TAG, {"id": tag_id, "name": name})
    return tag_id
