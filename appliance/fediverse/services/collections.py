# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections: people whom a member recommends together. https://docs.joinmastodon.org/methods/collections/

Who is in one is `collection_items`; what other servers tell of theirs is `remote_collections`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import Refused
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, blocks, collection_items, collections, notifications
from appliance.fediverse.model import FeatureState, NotificationKind
from appliance.fediverse.services import notifications as notices
from appliance.fediverse.services.languages import is_code
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.problems import Invalid, Problem, Problems, too_long
from appliance.fediverse.services.text import is_tag, tag_key
from appliance.fediverse.services.visibility import NOBODY, blocked, domain_blocked
from appliance.fediverse.urls import Urls

Row = sa.Row[Any]

MOST = 10  # of one member
MAX_NAME = 40
MAX_DESCRIPTION = 100
MAX_TAG = 255

_PRESENT = sa.and_(accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None))
_viewer: "sa.BindParameter[int]" = sa.bindparam("viewer_id", type_=sa.BigInteger)
# A collection with the name of whose it is.
_ROWS = sa.select(collections, accounts.c.username, accounts.c.domain).join(
    accounts, sa.and_(accounts.c.id == collections.c.account_id, _PRESENT)
)
_BY_IDS = _ROWS.where(collections.c.id.in_(sa.bindparam("ids", expanding=True)))
_KEEPS_OUT = sa.or_(
    sa.exists().where(blocks.c.account_id == collections.c.account_id, blocks.c.target_id == _viewer),
    domain_blocked(collections.c.account_id, _viewer),
)
_SHOWN = _BY_IDS.add_columns(_KEEPS_OUT.label("kept_out"))
_PAGE = (sa.bindparam("skipped", type_=sa.Integer), sa.bindparam("most", type_=sa.Integer))
_OF_ACCOUNT = (
    _ROWS.where(
        collections.c.account_id == sa.bindparam("owner_id"),
        sa.not_(_KEEPS_OUT),
        sa.or_(collections.c.discoverable, collections.c.account_id == _viewer),
    )
    .order_by(collections.c.id.desc())
    .offset(_PAGE[0])
    .limit(_PAGE[1])
)
_WITH_ACCOUNT = (
    _ROWS.join(collection_items, collection_items.c.collection_id == collections.c.id)
    .where(
        collection_items.c.account_id == sa.bindparam("featured_id"),
        collection_items.c.state == FeatureState.ACCEPTED.value,
    )
    .order_by(collections.c.id.desc())
    .offset(_PAGE[0])
    .limit(_PAGE[1])
)
_featured = again(accounts)
_ITEMS = (
    sa.select(collection_items)
    .join(_featured, _featured.c.id == collection_items.c.account_id)
    .where(
        collection_items.c.collection_id.in_(sa.bindparam("ids", expanding=True)),
        collection_items.c.state.in_((FeatureState.PENDING.value, FeatureState.ACCEPTED.value)),
        _featured.c.suspended_at.is_(None),
        _featured.c.deleted_at.is_(None),
        sa.or_(
            collection_items.c.account_id == _viewer,
            sa.not_(
                sa.or_(
                    blocked(_viewer, collection_items.c.account_id),
                    domain_blocked(_viewer, collection_items.c.account_id),
                )
            ),
        ),
    )
    .order_by(collection_items.c.position, collection_items.c.id)
)
_addresses: "sa.BindParameter[str]" = sa.bindparam("addresses", expanding=True)
_BY_ADDRESSES = (
    sa.select(collections.c.id, collections.c.uri, collections.c.url)
    .where(sa.or_(collections.c.uri.in_(_addresses), collections.c.url.in_(_addresses)))
    .order_by(collections.c.id.desc())
)
_COUNT = sa.select(sa.func.count()).where(collections.c.account_id == sa.bindparam("owner_id"))
_TOLD = (NotificationKind.COLLECTED.value, NotificationKind.COLLECTION_UPDATE.value)


@dataclass(frozen=True)
class Draft:
    """What a member says of a collection; None leaves a thing as it is. A language or tag of "" takes it away."""

    name: str | None = None
    description: str | None = None
    language: str | None = None
    tag: str | None = None
    sensitive: bool | None = None
    discoverable: bool | None = None


def by_ids(tx: Tx, ids: Collection[int]) -> dict[int, Row]:
    """Those that are there, with `username` and `domain` of their owners."""
    return {row.id: row for row in tx.all(_BY_IDS, {"ids": list(ids)})} if ids else {}


def seen_among(tx: Tx, viewer_id: int | None, ids: Collection[int]) -> dict[int, Row]:
    """As `by_ids`, those left out whose owner does not let the viewer see them."""
    found = tx.all(_SHOWN, {"ids": list(ids), "viewer_id": viewer_id or NOBODY}) if ids else []
    return {row.id: row for row in found if not row.kept_out}


def seen_by(tx: Tx, viewer_id: int | None, collection_id: int) -> Row:
    """Raises HearthError not-found, and Refused where its owner blocks the viewer."""
    found = tx.all(_SHOWN, {"ids": [collection_id], "viewer_id": viewer_id or NOBODY})
    if not found:
        raise missing()
    if found[0].kept_out:
        raise not_allowed()
    return found[0]


def own(tx: Tx, owner_id: int, collection_id: int) -> Row:
    """Raises HearthError not-found, Refused for somebody else's."""
    row = by_ids(tx, [collection_id]).get(collection_id)
    if row is None:
        raise missing()
    if row.account_id != owner_id:
        raise not_allowed()
    return row


def of_account(tx: Tx, viewer_id: int | None, owner_id: int, limit: int, offset: int = 0) -> list[Row]:
    """The newest first; to others only those that are to be found."""
    page = {"most": limit, "skipped": offset}
    return tx.all(_OF_ACCOUNT, {"owner_id": owner_id, "viewer_id": viewer_id or NOBODY, **page})


def with_account(tx: Tx, account_id: int, limit: int, offset: int) -> list[Row]:
    """Those that somebody is in, as she alone may ask: also hidden ones, so that she can leave them."""
    return tx.all(_WITH_ACCOUNT, {"featured_id": account_id, "most": limit, "skipped": offset})


def items(tx: Tx, viewer_id: int | None, rows: Sequence[Row]) -> dict[int, list[Row]]:
    """Who is in each of these: to its owner also who was asked and has not answered, and nobody who blocks the
    viewer, or whom, or whose domain, she blocks."""
    found: dict[int, list[Row]] = {row.id: [] for row in rows}
    owners = {row.id: row.account_id for row in rows}
    for item in tx.all(_ITEMS, {"ids": list(found), "viewer_id": viewer_id or NOBODY}) if rows else ():
        if item.state == FeatureState.ACCEPTED.value or owners[item.collection_id] == viewer_id:
            found[item.collection_id].append(item)
    return found


def at(tx: Tx, urls: Urls, address: str) -> int | None:
    """The collection with this id or page; of ours one that there need not be."""
    return next(iter(at_any(tx, urls, [address])), None)


def at_any(tx: Tx, urls: Urls, addresses: Iterable[str]) -> list[int]:
    """As `at`, in their order; asked all at once, as most links lead to none."""
    named = dict.fromkeys(addresses)
    foreign = [each for each in named if not urls.is_ours(each)]
    rows = tx.all(_BY_ADDRESSES, {"addresses": foreign}) if foreign else []
    # Several may say that they have the same page, and that it is another's id.
    known = {row.url: row.id for row in rows} | {row.uri: row.id for row in rows}
    found = (urls.collection_id(each) if urls.is_ours(each) else known.get(each) for each in named)
    return [each for each in dict.fromkeys(found) if each is not None]


def create(tx: Tx, owner_id: int, draft: Draft) -> int:
    """An empty one, of which nobody is told yet. Raises Invalid, before anything is written."""
    problems = _problems(draft)
    if not (draft.name or "").strip():
        problems["name"] = [Problem("ERR_BLANK", "can't be blank")]
    if tx.execute(_COUNT, {"owner_id": owner_id}).scalar_one() >= MOST:
        problems["base"] = [Problem("ERR_TOO_MANY", f"can be {MOST} collections at most")]
    if problems:
        raise Invalid(problems)
    collection_id = tx.next_id()
    values = {"description": "", "sensitive": False, "discoverable": True, **_values(draft)}
    moment = {"created_at": tx.now_ms, "updated_at": tx.now_ms}
    tx.execute(sa.insert(collections).values(id=collection_id, account_id=owner_id, **moment, **values))
    return collection_id


def update(tx: Tx, urls: Urls, owner_id: int, collection_id: int, draft: Draft) -> None:
    """Raises Invalid, before anything is written; HearthError not-found, Refused."""
    row = own(tx, owner_id, collection_id)
    problems = _problems(draft)
    if draft.name is not None and not draft.name.strip():
        problems["name"] = [Problem("ERR_BLANK", "can't be blank")]
    if problems:
        raise Invalid(problems)
    changed = {name: value for name, value in _values(draft).items() if getattr(row, name) != value}
    if changed:
        _change(tx, collection_id, {**changed, "updated_at": tx.now_ms})
        outgoing.collection_changed(tx, urls, collection_id)
        if {"name", "description"} & changed.keys():
            tell_of_change(tx, row)


def delete(tx: Tx, urls: Urls, owner_id: int, collection_id: int) -> None:
    """Raises HearthError not-found, Refused."""
    own(tx, owner_id, collection_id)
    outgoing.collection_deleted(tx, urls, collection_id)
    remove(tx, collection_id)


def remove(tx: Tx, collection_id: int) -> None:
    """With all that was told of it."""
    everybody = sa.select(collection_items.c.account_id).where(collection_items.c.collection_id == collection_id)
    _untell(tx, collection_id, notifications.c.account_id.in_(everybody))
    tx.execute(sa.delete(collections).where(collections.c.id == collection_id))


def tell_of_change(tx: Tx, row: Row) -> None:
    """Members who are in it hear that it is called something else."""
    query = (
        sa.select(collection_items.c.account_id)
        .join(accounts, sa.and_(accounts.c.id == collection_items.c.account_id, accounts.c.domain == ""))
        .where(
            collection_items.c.collection_id == row.id,
            collection_items.c.state == FeatureState.ACCEPTED.value,
        )
    )
    for item in tx.all(query):
        notices.notify(tx, item.account_id, NotificationKind.COLLECTION_UPDATE, row.account_id, about_id=row.id)


def untell(tx: Tx, collection_id: int, account_id: int) -> None:
    """This member is told of it no more."""
    _untell(tx, collection_id, notifications.c.account_id == account_id)


def not_allowed() -> Refused:
    return Refused("not-allowed", "This action is not allowed")


def _untell(tx: Tx, collection_id: int, whom: "sa.ColumnElement[bool]") -> None:
    about = sa.and_(notifications.c.kind.in_(_TOLD), notifications.c.about_id == collection_id)
    # By whom, too: an index has together what one account told a member, who may have been told much.
    owner = sa.select(collections.c.account_id).where(collections.c.id == collection_id).scalar_subquery()
    tx.execute(sa.delete(notifications).where(whom, about, notifications.c.from_account_id == owner))


def _values(draft: Draft) -> dict[str, Any]:
    given = {name: value for name, value in vars(draft).items() if value is not None}
    if draft.name is not None:
        given["name"] = draft.name.strip()
    if draft.language is not None:
        given["language"] = draft.language or None
    if draft.tag is not None:
        given["tag"] = _tag(draft.tag) or None
    return given


def _problems(draft: Draft) -> Problems:
    found: Problems = {}
    if len(draft.name or "") > MAX_NAME:
        found["name"] = [too_long(MAX_NAME)]
    if len(draft.description or "") > MAX_DESCRIPTION:
        found["description"] = [too_long(MAX_DESCRIPTION)]
    if draft.language and not is_code(draft.language):
        found["language"] = [Problem("ERR_INVALID", "is invalid")]
    if draft.tag and (len(draft.tag) > MAX_TAG or not is_tag(_tag(draft.tag))):
        found["tag_name"] = [Problem("ERR_INVALID", "is invalid")]
    return found


def _tag(given: str) -> str:
    return tag_key(given.strip().removeprefix("#"))


def _change(tx: Tx, collection_id: int, values: dict[str, Any]) -> None:
    tx.execute(sa.update(collections).where(collections.c.id == collection_id).values(**values))
