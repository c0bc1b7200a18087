# SPDX-License-Identifier: AGPL-3.0-or-later
"""Followers-synchronisation (FEP-8fcf): two servers compare who of the one follows an author of the other.

Only a digest travels with a post for followers. Where it differs, the followers' server asks for the list.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows
from appliance.fediverse.model import FollowState
from appliance.fediverse.urls import Urls

HEADER = "collection-synchronization"
_MAX_HEADER = 4096
_PARAMETER = re.compile(r'\s*([a-zA-Z]+)="([^"]*)"\s*(?:,|$)')
_OF_HOST = (
    sa.select(accounts.c.uri)
    .join(follows, follows.c.follower_id == accounts.c.id)
    .where(
        follows.c.followee_id == sa.bindparam("author_id"),
        follows.c.state == FollowState.ACCEPTED.value,
        accounts.c.uri.startswith(sa.bindparam("origin"), autoescape=False),
    )
)
_OF_OURS = (
    sa.select(accounts.c.id, accounts.c.username)
    .join(follows, follows.c.follower_id == accounts.c.id)
    .where(
        follows.c.followee_id == sa.bindparam("author_id"),
        follows.c.state == FollowState.ACCEPTED.value,
        accounts.c.domain == "",
    )
)


@dataclass(frozen=True)
class Claim:
    """What the header says: the digest of the members of `collection` at the receiver's, listed at `url`."""

    collection: str
    url: str
    digest: str


def digest(uris: Iterable[str]) -> str:
    """In whatever order: the digests of all are put together by exclusive or."""
    found = 0
    for uri in uris:
        found ^= int.from_bytes(hashlib.sha256(uri.encode()).digest())
    return f"{found:064x}"


def header(tx: Tx, urls: Urls, author_id: int, username: str, inbox: str) -> str:
    found = digest(followers_at(tx, author_id, reading.origin(inbox)))
    return (
        f'collectionId="{urls.followers(username)}", url="{urls.followers_synchronisation(username)}", digest="{found}"'
    )


def followers_at(tx: Tx, author_id: int, origin: str) -> list[str]:
    """The URIs of those followers whose server this is."""
    return [row.uri for row in tx.all(_OF_HOST, {"author_id": author_id, "origin": f"{origin}/"})]


def followers_here(tx: Tx, urls: Urls, author_id: int) -> dict[str, int]:
    """Our members who follow an author elsewhere: account ids by URI."""
    return {urls.actor(row.username): row.id for row in tx.all(_OF_OURS, {"author_id": author_id})}


def read(text: str | None, sender: Row) -> Claim | None:
    """None for what makes no sense or is not the sender's own."""
    if not text or len(text) > _MAX_HEADER:
        return None
    found = dict(_PARAMETER.findall(text))
    claim = Claim(found.get("collectionId", ""), found.get("url", ""), found.get("digest", "").lower())
    mine = claim.collection == sender.followers_uri and reading.same_origin(claim.url, sender.uri)
    return claim if mine and claim.digest else None
