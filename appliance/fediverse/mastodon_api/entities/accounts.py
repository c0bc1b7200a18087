# SPDX-License-Identifier: AGPL-3.0-or-later
"""Account, CredentialAccount and Relationship entities."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, blocks, follows, members
from appliance.fediverse.mastodon_api import pictures
from appliance.fediverse.mastodon_api.entities.common import Entity, Row
from appliance.fediverse.model import FollowState, Role
from appliance.fediverse.services import preferences
from appliance.fediverse.services.text import absolute
from appliance.fediverse.urls import Urls
from appliance.system.clock import from_milliseconds

# All that is shown; the keys stay in the database.
COLUMNS = tuple(column for column in accounts.c if column.name not in ("private_key", "public_key", "key_id"))
_BY_IDS = sa.select(*COLUMNS).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)))
_FOLLOWS = sa.select(follows).where(
    sa.or_(
        sa.and_(
            follows.c.follower_id == sa.bindparam("viewer_id"),
            follows.c.followee_id.in_(sa.bindparam("ids", expanding=True)),
        ),
        sa.and_(
            follows.c.followee_id == sa.bindparam("viewer_id"),
            follows.c.follower_id.in_(sa.bindparam("ids", expanding=True)),
        ),
    )
)
_BLOCKS = sa.select(blocks).where(
    sa.or_(
        sa.and_(
            blocks.c.account_id == sa.bindparam("viewer_id"),
            blocks.c.target_id.in_(sa.bindparam("ids", expanding=True)),
        ),
        sa.and_(
            blocks.c.target_id == sa.bindparam("viewer_id"),
            blocks.c.account_id.in_(sa.bindparam("ids", expanding=True)),
        ),
    )
)
_REQUESTS = sa.select(sa.func.count()).where(
    follows.c.followee_id == sa.bindparam("viewer_id"), follows.c.state == FollowState.PENDING.value
)


def load(tx: Tx, ids: Collection[int]) -> dict[int, Row]:
    """Rows by id, the keys left out."""
    return {row.id: row for row in tx.all(_BY_IDS, {"ids": list(ids)})} if ids else {}


def by_ids(tx: Tx, urls: Urls, ids: Sequence[int]) -> list[Entity]:
    """In the order given; ids of nobody, or of who is hidden, are left out."""
    rows = load(tx, ids)
    return [account(urls, rows[each]) for each in ids if each in rows and not is_hidden(rows[each])]


def is_hidden(row: Row) -> bool:
    """Whether nobody may know of this account of ours yet, such as while it waits for approval."""
    return not row.domain and row.suspended_at is not None


def account(urls: Urls, row: Row) -> Entity:
    """https://docs.joinmastodon.org/entities/Account/"""
    local = not row.domain
    avatar = row.avatar_url or pictures.avatar(urls, row.username)
    header = row.header_url or pictures.header(urls)
    entity: Entity = {
        "id": str(row.id),
        "username": row.username,
        "acct": row.username if local else f"{row.username}@{row.domain}",
        "display_name": row.display_name,
        "locked": row.locked,
        "bot": row.bot,
        "discoverable": row.discoverable,
        "indexable": False,
        "group": row.actor_type == "Group",
        "created_at": f"{_day(row.created_at)}T00:00:00.000Z",
        "note": absolute(row.note, urls.origin) if local else row.note,
        "url": urls.profile_page(row.username) if local else row.url or row.uri,
        "uri": urls.actor(row.username) if local else row.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "header": header,
        "header_static": header,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "statuses_count": row.statuses_count,
        "last_status_at": None if row.last_status_at is None else _day(row.last_status_at),
        "hide_collections": False,
        "noindex": True,
        "emojis": [],
        "roles": [],
        "fields": [_field(urls, each, local) for each in row.fields],
    }
    if row.suspended_at is not None:
        entity["suspended"] = True
    return entity


def credential_account(tx: Tx, urls: Urls, row: Row) -> Entity:
    """The member's own account, with what she typed (CredentialAccount)."""
    role = tx.execute(sa.select(members.c.role).where(members.c.account_id == row.id)).scalar_one()
    kept = preferences.get(tx, row.id)
    requests = tx.execute(_REQUESTS, {"viewer_id": row.id}).scalar_one()
    return account(urls, row) | {
        "source": {
            "privacy": kept.visibility.value,
            "sensitive": kept.sensitive,
            "language": kept.language,
            "note": row.note_source,
            "fields": [
                {"name": each["name"], "value": each.get("source", ""), "verified_at": None} for each in row.fields
            ],
            "follow_requests_count": requests,
            "hide_collections": False,
            "discoverable": row.discoverable,
            "indexable": False,
            "attribution_domains": [],
        },
        "role": _role(Role(role)),
    }


def relationships(tx: Tx, viewer_id: int, ids: Sequence[int]) -> list[Entity]:
    """https://docs.joinmastodon.org/entities/Relationship/"""
    parameters = {"viewer_id": viewer_id, "ids": list(ids)}
    ours, theirs = {}, {}
    for row in tx.all(_FOLLOWS, parameters):
        if row.follower_id == viewer_id:
            ours[row.followee_id] = row
        else:
            theirs[row.follower_id] = row
    pairs = {(row.account_id, row.target_id) for row in tx.all(_BLOCKS, parameters)}
    known = load(tx, ids)
    return [
        _relationship(each, ours.get(each), theirs.get(each), (viewer_id, each) in pairs, (each, viewer_id) in pairs)
        for each in ids
        if each in known
    ]


def _relationship(account_id: int, ours: Row | None, theirs: Row | None, blocking: bool, blocked_by: bool) -> Entity:
    accepted = FollowState.ACCEPTED.value
    following = ours is not None and ours.state == accepted
    return {
        "id": str(account_id),
        "following": following,
        "showing_reblogs": bool(following and ours and ours.boosts),
        "notifying": bool(following and ours and ours.notify),
        "languages": [],
        "followed_by": theirs is not None and theirs.state == accepted,
        "blocking": blocking,
        "blocked_by": blocked_by,
        "muting": False,
        "muting_notifications": False,
        "requested": ours is not None and not following,
        "requested_by": theirs is not None and theirs.state != accepted,
        "domain_blocking": False,
        "endorsed": False,
        "note": "",
    }


def _field(urls: Urls, field: dict[str, str], local: bool) -> Entity:
    value = absolute(field["value"], urls.origin) if local else field["value"]
    return {"name": field["name"], "value": value, "verified_at": None}


def _role(role: Role) -> Entity:
    number, name = {Role.OWNER: ("3", "Owner"), Role.MODERATOR: ("1", "Moderator"), Role.MEMBER: ("-99", "")}[role]
    return {"id": number, "name": name, "permissions": "0", "color": "", "highlighted": role is not Role.MEMBER}


def _day(milliseconds: int) -> str:
    return from_milliseconds(milliseconds).date().isoformat()
