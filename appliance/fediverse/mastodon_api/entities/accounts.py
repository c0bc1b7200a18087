# SPDX-License-Identifier: AGPL-3.0-or-later
"""Account and CredentialAccount entities."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, members
from appliance.fediverse.mastodon_api import pictures
from appliance.fediverse.mastodon_api.entities import emojis
from appliance.fediverse.mastodon_api.entities.common import Entity, Row, moment_or_none
from appliance.fediverse.mastodon_api.entities.roles import account_role, role_entity
from appliance.fediverse.model import FollowState, MediaPurpose, Role
from appliance.fediverse.services import feature_policy, interaction_policy, preferences
from appliance.fediverse.services.feature_policy import Viewer
from appliance.fediverse.services.text import absolute
from appliance.fediverse.urls import Urls
from appliance.system.clock import from_milliseconds

# All that is shown, with the role of who looks after the instance; the keys stay in the database.
_NO_STAFF = (None, Role.MEMBER.value)
_STAFF = (
    sa.select(members.c.role)
    .where(members.c.account_id == accounts.c.id, members.c.role != Role.MEMBER.value)
    .correlate(accounts)
    .scalar_subquery()
)
COLUMNS = (
    *(column for column in accounts.c if column.name not in ("private_key", "public_key", "key_id")),
    _STAFF.label("role"),
)
_BY_IDS = sa.select(*COLUMNS).where(accounts.c.id.in_(sa.bindparam("ids", expanding=True)))
_REQUESTS = sa.select(sa.func.count()).where(
    follows.c.followee_id == sa.bindparam("viewer_id"), follows.c.state == FollowState.PENDING.value
)
# What is shown of who was suspended.
_NOTHING: Entity = {
    **dict.fromkeys(("display_name", "note", "avatar_description", "header_description"), ""),
    **dict.fromkeys(("locked", "bot", "discoverable", "indexable"), False),
    "emojis": [],
    "roles": [],
    "fields": [],
    "noindex": True,
    "suspended": True,
}


def load(tx: Tx, ids: Collection[int]) -> dict[int, Row]:
    """Rows by id, the keys left out."""
    return {row.id: row for row in tx.all(_BY_IDS, {"ids": list(ids)})} if ids else {}


def by_ids(tx: Tx, urls: Urls, viewer_id: int | None, ids: Sequence[int]) -> list[Entity]:
    """In the order given; ids of nobody, or of who is hidden, are left out."""
    rows = load(tx, ids)
    shown = [rows[each] for each in ids if each in rows and not is_hidden(rows[each])]
    return many(tx, urls, viewer_id, shown)


def many(tx: Tx, urls: Urls, viewer_id: int | None, rows: Sequence[Row]) -> list[Entity]:
    """With where those went who have moved. `rows` need have no more than the columns of `accounts`."""
    if rows and "role" not in rows[0]._mapping:
        known = load(tx, [row.id for row in rows])
        rows = [known[row.id] for row in rows]
    moved = load(tx, {row.moved_to_id for row in rows if row.moved_to_id is not None})
    viewer = feature_policy.viewer(tx, viewer_id, [*rows, *moved.values()])
    return [
        account(urls, row, viewer)
        | ({"moved": account(urls, moved[row.moved_to_id], viewer)} if row.moved_to_id in moved else {})
        for row in rows
    ]


def one(tx: Tx, urls: Urls, viewer_id: int | None, row: Row) -> Entity:
    return many(tx, urls, viewer_id, [row])[0]


def drawn(tx: Tx, urls: Urls, viewer_id: int | None, people: Mapping[int, Row]) -> dict[int, Entity]:
    """By id, without where they may have moved: as they are shown beside something else."""
    viewer = feature_policy.viewer(tx, viewer_id, people.values())
    return {each: account(urls, row, viewer) for each, row in people.items()}


def is_hidden(row: Row) -> bool:
    """Whether nobody may know of this account of ours yet, such as while it waits for approval."""
    return not row.domain and row.suspended_at is not None


def account(urls: Urls, row: Row, viewer: Viewer) -> Entity:
    """https://docs.joinmastodon.org/entities/Account/"""
    local = not row.domain
    avatar = picture(urls, row, MediaPurpose.AVATAR) or pictures.avatar(urls, row.username)
    header = picture(urls, row, MediaPurpose.HEADER) or pictures.header(urls)
    entity: Entity = {
        "id": str(row.id),
        "username": row.username,
        "acct": row.username if local else f"{row.username}@{row.domain}",
        "display_name": row.display_name,
        "locked": row.locked,
        "bot": row.bot,
        "discoverable": row.discoverable,
        "indexable": row.indexable,
        "group": row.actor_type == "Group",
        "created_at": f"{_day(row.created_at)}T00:00:00.000Z",
        "note": absolute(row.note, urls.origin) if local else row.note,
        "url": urls.profile_page(row.username) if local else row.url or row.uri,
        "uri": urls.actor(row.username) if local else row.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": row.avatar_description,
        "header": header,
        "header_static": header,
        "header_description": row.header_description,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "statuses_count": row.statuses_count,
        "last_status_at": None if row.last_status_at is None else _day(row.last_status_at),
        "hide_collections": row.hide_collections,
        "show_media": row.show_media,
        "show_media_replies": row.show_media_replies,
        "show_featured": row.show_featured,
        "noindex": not row.indexable,
        "emojis": emojis.used(urls, row.emojis),
        "roles": [account_role(Role(row.role))] if row.role not in _NO_STAFF else [],
        "fields": [_field(urls, each, local) for each in row.fields],
        "feature_approval": _feature_approval(row, viewer),
    }
    if row.suspended_at is not None:
        entity |= _NOTHING | {
            "avatar": (avatar := pictures.avatar(urls, row.username)),
            "avatar_static": avatar,
            "header": (header := pictures.header(urls)),
            "header_static": header,
        }
    if row.silenced_at is not None:
        entity["limited"] = True
    return entity


def credential_account(tx: Tx, urls: Urls, row: Row) -> Entity:
    """The member's own account, with what she typed (CredentialAccount)."""
    role = tx.execute(sa.select(members.c.role).where(members.c.account_id == row.id)).scalar_one()
    kept = preferences.get(tx, row.id)
    requests = tx.execute(_REQUESTS, {"viewer_id": row.id}).scalar_one()
    return one(tx, urls, row.id, row) | {
        "source": {
            "privacy": kept.visibility.value,
            "sensitive": kept.sensitive,
            "language": kept.language,
            "note": row.note_source,
            "fields": typed_fields(row),
            "follow_requests_count": requests,
            "hide_collections": row.hide_collections,
            "discoverable": row.discoverable,
            "indexable": row.indexable,
            "attribution_domains": row.attribution_domains or [],
            "quote_policy": kept.quote_policy.value,
        },
        "role": role_entity(Role(role)),
    }


def typed_fields(row: Row) -> list[Entity]:
    return [
        {
            "name": each["name"],
            "value": each.get("source", ""),
            "verified_at": moment_or_none(each.get("verified_at")),
        }
        for each in row.fields
    ]


def picture(urls: Urls, row: Row, purpose: MediaPurpose) -> str | None:
    """Where the account's own one is, if it has one."""
    name: str | None = row.avatar_url if purpose is MediaPurpose.AVATAR else row.header_url
    if not name:
        return None
    return urls.elsewhere(purpose, name) if row.domain else urls.media(name)


def _feature_approval(row: Row, viewer: Viewer) -> Entity:
    """Who may put it into a collection: https://docs.joinmastodon.org/entities/FeatureApproval/"""
    policy = feature_policy.of(row)
    return {
        "automatic": interaction_policy.automatic(policy),
        "manual": interaction_policy.manual(policy),
        "current_user": feature_policy.verdict(row, viewer).value,
    }


def _field(urls: Urls, field: dict[str, Any], local: bool) -> Entity:
    value = absolute(field["value"], urls.origin) if local else field["value"]
    return {"name": field["name"], "value": value, "verified_at": moment_or_none(field.get("verified_at"))}


def _day(milliseconds: int) -> str:
    return from_milliseconds(milliseconds).date().isoformat()
