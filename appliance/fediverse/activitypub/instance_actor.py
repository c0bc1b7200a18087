# SPDX-License-Identifier: AGPL-3.0-or-later
"""The actor that stands for the instance itself: it signs our questions, since many servers answer nobody unknown."""

from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.tables import instance
from appliance.fediverse.services.keys import KeyPair, make_key_pair
from appliance.fediverse.urls import Urls
from appliance.secret import Secret

_ROW = "actor_keys"


def uri(urls: Urls) -> str:
    return f"{urls.origin}/actor"


def key_id(urls: Urls) -> str:
    return f"{uri(urls)}#main-key"


def username(urls: Urls) -> str:
    """The host's name, as in Mastodon: no member can have it, since it has a dot."""
    return urlsplit(urls.origin).hostname or ""


def key_pair(database: Database) -> KeyPair:
    """Made when it is first needed, then for ever the same."""
    with database.read() as tx:
        found = _stored(tx)
    if found is not None:
        return found
    made = make_key_pair()
    with database.write() as tx:
        found = _stored(tx)
        if found is None:
            value = {"public": made.public, "private": made.private.reveal()}
            tx.execute(sa.insert(instance).values(key=_ROW, value=value))
    return found or made


def document(urls: Urls, public_key: str) -> Document:
    return {
        "id": uri(urls),
        "type": "Application",
        "preferredUsername": username(urls),
        "name": username(urls),
        "url": urls.origin,
        "inbox": f"{uri(urls)}/inbox",
        "outbox": f"{uri(urls)}/outbox",
        "manuallyApprovesFollowers": True,
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "publicKey": {"id": key_id(urls), "owner": uri(urls), "publicKeyPem": public_key},
    }


def _stored(tx: Tx) -> KeyPair | None:
    value = tx.connection.execute(sa.select(instance.c.value).where(instance.c.key == _ROW)).scalar_one_or_none()
    return None if value is None else KeyPair(value["public"], Secret(value["private"]))
