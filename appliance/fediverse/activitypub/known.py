# SPDX-License-Identifier: AGPL-3.0-or-later
"""From the URIs of other servers' documents to rows here. Nothing is fetched; what is unknown is left out."""

from collections.abc import Iterable

import sqlalchemy as sa

from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.notes import Note
from appliance.fediverse.activitypub.quotes import Quote
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, members, statuses
from appliance.fediverse.model import FollowState, MemberState, QuoteState
from appliance.fediverse.services.remote import RemoteQuote, RemoteStatus
from appliance.fediverse.urls import Urls

_LOCAL = (
    sa.select(accounts)
    .outerjoin(members, members.c.account_id == accounts.c.id)
    .where(
        accounts.c.username_key == sa.bindparam("name"),
        accounts.c.domain == "",
        accounts.c.suspended_at.is_(None),
        accounts.c.deleted_at.is_(None),
        sa.or_(members.c.state.is_(None), members.c.state != MemberState.PENDING.value),
    )
)
_GONE = sa.select(accounts.c.id).where(
    accounts.c.username_key == sa.bindparam("name"), accounts.c.domain == "", accounts.c.deleted_at.is_not(None)
)
_LOCAL_STATUS = (
    sa.select(statuses.c.id)
    .join(accounts, accounts.c.id == statuses.c.account_id)
    .where(
        statuses.c.id == sa.bindparam("id"), accounts.c.username_key == sa.bindparam("name"), accounts.c.domain == ""
    )
)
_REMOTE_STATUS = sa.select(statuses.c.id).where(statuses.c.uri == sa.bindparam("uri"))
_BY_URI = sa.select(accounts).where(accounts.c.uri == sa.bindparam("uri"))
_BY_KEY = sa.select(accounts).where(accounts.c.key_id == sa.bindparam("key_id"))
_REMOTE_IDS = sa.select(accounts.c.id).where(accounts.c.uri.in_(sa.bindparam("uris", expanding=True)))
_LOCAL_FOLLOWER = (
    sa.select(follows.c.id)
    .join(accounts, accounts.c.id == follows.c.follower_id)
    .where(
        follows.c.followee_id == sa.bindparam("id"),
        follows.c.state == FollowState.ACCEPTED.value,
        accounts.c.domain == "",
    )
    .limit(1)
)
_LOCAL_AMONG = (
    sa.select(accounts.c.id)
    .where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)), accounts.c.domain == "")
    .limit(1)
)
_QUOTED = (
    sa.select(statuses.c.id, accounts.c.uri.label("author"))
    .join(accounts, accounts.c.id == statuses.c.account_id)
    .where(statuses.c.id == sa.bindparam("id"))
)
_IS_LOCAL = sa.select(statuses.c.id).where(statuses.c.id == sa.bindparam("id"), statuses.c.local)


def local_account(tx: Tx, urls: Urls, uri: str | None) -> Row | None:
    """The member whose actor has this URI; nobody who still waits for approval."""
    thing = urls.parse(uri) if uri else None
    return local_named(tx, thing.username) if thing is not None and thing.status_id is None else None


def local_named(tx: Tx, username: str) -> Row | None:
    return tx.one(_LOCAL, {"name": username.lower()})


def is_gone(tx: Tx, username: str) -> bool:
    """Whether somebody of that name was here and left for good."""
    return tx.exists(_GONE, {"name": username.lower()})


def remote_account(tx: Tx, uri: str) -> Row | None:
    return tx.one(_BY_URI, {"uri": uri})


def key_owner(tx: Tx, key_id: str) -> Row | None:
    return tx.connection.execute(_BY_KEY, {"key_id": key_id}).first()


def account_ids(tx: Tx, urls: Urls, uris: Iterable[str]) -> tuple[int, ...]:
    """Ids of those who are known, members first."""
    uris = list(uris)
    members_found = [row.id for uri in uris if urls.is_ours(uri) and (row := local_account(tx, urls, uri)) is not None]
    foreign = [uri for uri in uris if not urls.is_ours(uri)]
    found = tx.all(_REMOTE_IDS, {"uris": foreign}) if foreign else []
    return (*dict.fromkeys(members_found), *(row.id for row in found))


def status_id(tx: Tx, urls: Urls, uri: str | None) -> int | None:
    if uri is None:
        return None
    if urls.is_ours(uri):
        thing = urls.parse(uri)
        if thing is None or thing.status_id is None or thing.status_id >= 2**63:
            return None
        row = tx.one(_LOCAL_STATUS, {"id": thing.status_id, "name": thing.username.lower()})
    else:
        row = tx.one(_REMOTE_STATUS, {"uri": uri})
    return None if row is None else int(row.id)


def followed_here(tx: Tx, account_id: int) -> bool:
    """Whether a member follows this account."""
    return tx.exists(_LOCAL_FOLLOWER, {"id": account_id})


def concerns_us(tx: Tx, author_id: int, status: RemoteStatus) -> bool:
    """Whether a status is wanted: its author is followed here, or it names a member, or answers one of ours.

    Else anybody could fill our disk. Whoever quotes one of ours asks for leave, and the quoting post comes with that.
    """
    return (
        followed_here(tx, author_id)
        or (bool(status.mentions) and tx.exists(_LOCAL_AMONG, {"ids": list(status.mentions)}))
        or (status.in_reply_to_id is not None and _is_local(tx, status.in_reply_to_id))
    )


def _is_local(tx: Tx, status_id: int) -> bool:
    return tx.exists(_IS_LOCAL, {"id": status_id})


def remote_status(tx: Tx, urls: Urls, note: Note, *, quote_agreed: bool = False) -> RemoteStatus:
    """A note as the services take it. `quote_agreed`: whoever is quoted was asked and agrees."""
    return RemoteStatus(
        uri=note.uri,
        content=note.content,
        visibility=note.visibility,
        created_at=note.created_at,
        url=note.url,
        spoiler_text=note.spoiler_text,
        sensitive=note.sensitive,
        language=note.language,
        in_reply_to_id=status_id(tx, urls, note.parent),
        mentions=account_ids(tx, urls, note.mentions) if note.mentions else (),
        tags=note.tags,
        attachments=note.attachments,
        edited_at=note.edited_at,
        poll=note.poll,
        quote=_quote(tx, urls, note, note.quote, quote_agreed) if note.quote is not None else None,
        emojis=note.emojis,
        quote_policy=note.quote_policy,
        collections=note.collections,
    )


def _quote(tx: Tx, urls: Urls, note: Note, quote: Quote, agreed: bool) -> RemoteQuote:
    """Nobody has to ask herself."""
    quoted = tx.one(_QUOTED, {"id": status_id(tx, urls, quote.uri)})
    own = quoted is not None and quoted.author == note.author
    state = QuoteState.ACCEPTED if agreed or own else QuoteState.PENDING
    return RemoteQuote(quote.uri, quoted.id if quoted is not None else None, state, quote.stamp)
