# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reports: what members here, and moderators of other servers, tell the moderators of this one."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, mentions, reports, rules, statuses
from appliance.fediverse.model import FollowState, NotificationKind, Visibility
from appliance.fediverse.services import collections, notifications, roles, server_policy, timelines
from appliance.fediverse.services.accounts import by_id
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.roles import Permission
from appliance.fediverse.services.visibility import is_shown_as
from appliance.fediverse.urls import Urls

Row = sa.Row[Any]

MAX_COMMENT = 1000
MAX_STATUSES = 100
MAX_FOREIGN_COMMENT = 5000


class Category(Enum):
    SPAM = "spam"
    LEGAL = "legal"
    VIOLATION = "violation"
    OTHER = "other"


@dataclass(frozen=True)
class Complaint:
    """`forward`: the moderators of the account's own server are told as well, without the reporter's name."""

    target_id: int
    comment: str = ""
    status_ids: tuple[int, ...] = ()
    category: Category = Category.OTHER
    rule_ids: tuple[int, ...] = ()
    collection_ids: tuple[int, ...] = ()
    forward: bool = False


def file(tx: Tx, urls: Urls, reporter_id: int, complaint: Complaint) -> int:
    """Raises BadInput, HearthError not-found."""
    target = by_id(tx, complaint.target_id)
    if target is None or target.deleted_at is not None or (not target.domain and target.suspended_at is not None):
        raise missing()
    if len(complaint.comment) > MAX_COMMENT:
        raise BadInput(f"Validation failed: Comment is too long (maximum is {MAX_COMMENT} characters)", "")
    category = Category.VIOLATION if complaint.rule_ids else complaint.category
    if category is Category.VIOLATION:
        _check_rules(tx, complaint.rule_ids)
    forwarded = complaint.forward and bool(target.domain)
    seen = timelines.seen(tx, reporter_id, list(complaint.status_ids[:MAX_STATUSES]))
    report_id = _store(
        tx,
        reporter_id,
        target.id,
        category=category.value,
        comment=complaint.comment,
        forwarded=forwarded,
        status_ids=_of_target(tx, target.id, seen),
        rule_ids=list(complaint.rule_ids),
        collection_ids=_collections_of(tx, target.id, reporter_id, complaint.collection_ids[:MAX_STATUSES]),
    )
    if forwarded:
        outgoing.flagged(tx, urls, report_id)
    return report_id


def receive(
    tx: Tx,
    reporter_id: int,
    target_id: int,
    *,
    comment: str,
    status_ids: Collection[int] = (),
    collection_ids: Collection[int] = (),
    uri: str | None = None,
) -> int | None:
    """What another server's moderators tell of a member here. None where its reports are not wanted."""
    reporter, target = by_id(tx, reporter_id), by_id(tx, target_id)
    if reporter is None or target is None or target.domain or server_policy.rejects_reports(tx, reporter.domain):
        return None
    if uri is not None and tx.exists(sa.select(reports.c.id).where(reports.c.uri == uri)):
        return None
    return _store(
        tx,
        reporter_id,
        target_id,
        category=Category.OTHER.value,
        comment=comment[:MAX_FOREIGN_COMMENT],
        forwarded=False,
        status_ids=_of_target(tx, target_id, _known_at(tx, reporter.domain, list(status_ids)[:MAX_STATUSES])),
        rule_ids=[],
        collection_ids=_collections_of(tx, target_id, None, list(collection_ids)[:MAX_STATUSES]),
        uri=uri,
    )


def get(tx: Tx, report_id: int) -> Row:
    """Raises HearthError not-found."""
    row = tx.one(sa.select(reports).where(reports.c.id == report_id))
    if row is None:
        raise missing()
    return row


def by_ids(tx: Tx, ids: list[int]) -> list[Row]:
    return tx.all(sa.select(reports).where(reports.c.id.in_(ids)))


def page(
    tx: Tx, page: Page, *, resolved: bool, account_id: int | None = None, target_account_id: int | None = None
) -> list[Row]:
    """Open ones, or those that were answered."""
    query = sa.select(reports).where(reports.c.action_taken_at.is_not(None) == resolved)
    for column, wanted in ((reports.c.account_id, account_id), (reports.c.target_account_id, target_account_id)):
        if wanted is not None:
            query = query.where(column == wanted)
    return Paged(query, reports.c.id).rows(tx, page)


def update(tx: Tx, actor_id: int, report_id: int, category: Category | None, rule_ids: tuple[int, ...] | None) -> None:
    """Raises Refused not-allowed, BadInput, HearthError not-found."""
    row = _mine_to_handle(tx, actor_id, report_id)
    kind = category or Category(row.category)
    kept = tuple(row.rule_ids) if rule_ids is None else rule_ids
    if kind is not Category.VIOLATION:
        kept = ()
    elif rule_ids is not None:
        _check_rules(tx, kept)
    _change(tx, report_id, category=kind.value, rule_ids=list(kept))


def assign(tx: Tx, actor_id: int, report_id: int) -> None:
    _mine_to_handle(tx, actor_id, report_id)
    _change(tx, report_id, assigned_account_id=actor_id)


def unassign(tx: Tx, actor_id: int, report_id: int) -> None:
    _mine_to_handle(tx, actor_id, report_id)
    _change(tx, report_id, assigned_account_id=None)


def resolve(tx: Tx, actor_id: int, report_id: int) -> None:
    """Nothing more is to be done. A second time changes nothing."""
    if _mine_to_handle(tx, actor_id, report_id).action_taken_at is None:
        _change(tx, report_id, action_taken_at=tx.now_ms, action_taken_by_account_id=actor_id)


def reopen(tx: Tx, actor_id: int, report_id: int) -> None:
    _mine_to_handle(tx, actor_id, report_id)
    _change(tx, report_id, action_taken_at=None, action_taken_by_account_id=None)


def _store(tx: Tx, reporter_id: int, target_id: int, **values: Any) -> int:
    report_id = tx.next_id()
    moment = {"created_at": tx.now_ms, "updated_at": tx.now_ms}
    tx.execute(
        sa.insert(reports).values(id=report_id, account_id=reporter_id, target_account_id=target_id, **moment, **values)
    )
    for account_id in roles.holders(tx, Permission.MANAGE_REPORTS):
        notifications.notify(tx, account_id, NotificationKind.REPORT, reporter_id, about_id=report_id)
    return report_id


def _mine_to_handle(tx: Tx, actor_id: int, report_id: int) -> Row:
    roles.require(tx, actor_id, Permission.MANAGE_REPORTS)
    return get(tx, report_id)


def _change(tx: Tx, report_id: int, **values: Any) -> None:
    tx.execute(sa.update(reports).where(reports.c.id == report_id).values(updated_at=tx.now_ms, **values))


def _check_rules(tx: Tx, rule_ids: tuple[int, ...]) -> None:
    known = {row.id for row in tx.all(sa.select(rules.c.id))}
    if not rule_ids or not set(rule_ids) <= known:
        raise BadInput("Validation failed: Rule ids does not reference valid rules", "")


def _known_at(tx: Tx, domain: str, status_ids: list[int]) -> list[int]:
    """Those that somebody of this domain may have read. Else whoever guesses ids would have moderators here look at
    what was never meant for anybody there."""
    there = accounts.c.domain == domain
    named = sa.exists().where(mentions.c.status_id == statuses.c.id, mentions.c.account_id == accounts.c.id, there)
    followed = sa.exists().where(
        follows.c.followee_id == statuses.c.account_id,
        follows.c.state == FollowState.ACCEPTED.value,
        follows.c.follower_id == accounts.c.id,
        there,
    )
    shown = sa.or_(
        is_shown_as(statuses, Visibility.PUBLIC, Visibility.UNLISTED),
        named,
        sa.and_(is_shown_as(statuses, Visibility.FOLLOWERS), followed),
    )
    return [row.id for row in tx.all(sa.select(statuses.c.id).where(statuses.c.id.in_(status_ids), shown))]


def _collections_of(tx: Tx, owner_id: int, viewer_id: int | None, ids: Collection[int]) -> list[int] | None:
    """Those that the viewer may see; None for none."""
    seen = collections.seen_among(tx, viewer_id, ids)
    return sorted(each for each, row in seen.items() if row.account_id == owner_id) or None


def _of_target(tx: Tx, target_id: int, status_ids: list[int]) -> list[int]:
    mine = sa.select(statuses.c.id).where(statuses.c.id.in_(status_ids), statuses.c.account_id == target_id)
    found = {row.id for row in tx.all(mine)}
    return [each for each in status_ids if each in found]
