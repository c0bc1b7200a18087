# SPDX-License-Identifier: AGPL-3.0-or-later
"""Follows and the requests for them."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.errors import Refused
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows
from appliance.fediverse.model import FollowState, NotificationKind
from appliance.fediverse.services import follow_ties, notifications, profile_fields, refill
from appliance.fediverse.services.accounts import by_id
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.visibility import blocked, domain_blocked
from appliance.fediverse.urls import Urls

_FIND = sa.select(follows).where(
    follows.c.follower_id == sa.bindparam("follower_id"), follows.c.followee_id == sa.bindparam("followee_id")
)
_one: "sa.BindParameter[int]" = sa.bindparam("one", type_=sa.BigInteger)
_other: "sa.BindParameter[int]" = sa.bindparam("other", type_=sa.BigInteger)
_BLOCKED = sa.select(sa.literal(1)).where(
    sa.or_(blocked(_one, _other), domain_blocked(_one, _other), domain_blocked(_other, _one))
)
MAX_LANGUAGES = 50
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")


def find(tx: Tx, follower_id: int, followee_id: int) -> sa.Row[Any] | None:
    return tx.one(_FIND, {"follower_id": follower_id, "followee_id": followee_id})


def follow(
    tx: Tx,
    urls: Urls,
    follower_id: int,
    followee_id: int,
    *,
    boosts: bool = True,
    notify: bool = False,
    languages: Sequence[str] = (),
    uri: str | None = None,
) -> FollowState:
    """Follow, ask to follow, or change how one follows; without `languages`, posts in all of them are wanted.

    Raises HearthError not-found, Refused.
    """
    follower, followee = by_id(tx, follower_id), by_id(tx, followee_id)
    if follower is None or followee is None or followee.suspended_at or followee.deleted_at:
        raise missing()
    if follower_id == followee_id or tx.exists(_BLOCKED, {"one": follower_id, "other": followee_id}):
        raise Refused("follow-refused", "This action is not allowed")
    if followee.moved_to_id is not None and not follower.domain:
        raise Refused("follow-refused", "This account has moved")
    known = find(tx, follower_id, followee_id)
    if known is not None:
        changes: dict[str, Any] = {
            "boosts": boosts,
            "notify": notify,
            "languages": _words(languages),
            "uri": uri or known.uri,
        }
        tx.execute(sa.update(follows).where(follows.c.id == known.id).values(**changes))
        if known.state == FollowState.ACCEPTED.value and not followee.domain and follower.domain:
            outgoing.follow_accepted(tx, urls, known.id)  # asked again: our first answer was lost
        return FollowState(known.state)
    follow_id = tx.next_id()
    tx.execute(
        sa.insert(follows).values(
            id=follow_id,
            follower_id=follower_id,
            followee_id=followee_id,
            state=FollowState.PENDING.value,
            boosts=boosts,
            notify=notify,
            languages=_words(languages),
            uri=uri,
            created_at=tx.now_ms,
        )
    )
    if followee.domain:
        outgoing.follow_requested(tx, urls, follow_id)
        return FollowState.PENDING
    if followee.locked or follower.silenced_at is not None:
        notifications.notify(tx, followee_id, NotificationKind.FOLLOW_REQUEST, follower_id)
        return FollowState.PENDING
    accept(tx, urls, followee_id, follower_id)
    return FollowState.ACCEPTED


def accept(tx: Tx, urls: Urls, followee_id: int, follower_id: int) -> None:
    """Let a request become a follow. Accepting twice changes nothing. Raises HearthError not-found."""
    known = find(tx, follower_id, followee_id)
    if known is None:
        raise missing()
    if known.state == FollowState.ACCEPTED.value:
        return
    tx.execute(sa.update(follows).where(follows.c.id == known.id).values(state=FollowState.ACCEPTED.value))
    _count(tx, known, 1)
    notifications.withdraw(tx, followee_id, NotificationKind.FOLLOW_REQUEST, follower_id, None)
    notifications.notify(tx, followee_id, NotificationKind.FOLLOW, follower_id)
    refill.followed(tx, follower_id, followee_id)
    _look_at_links(tx, followee_id)
    outgoing.follow_accepted(tx, urls, known.id)


def reject(tx: Tx, urls: Urls, followee_id: int, follower_id: int) -> None:
    """Refuse a request, or remove a follower. Nothing happens if there is neither."""
    known = find(tx, follower_id, followee_id)
    if known is not None:
        outgoing.follow_rejected(tx, urls, known.id)
        _remove(tx, known)


def unfollow(tx: Tx, urls: Urls, follower_id: int, followee_id: int) -> None:
    """End a follow, or take a request back. Nothing happens if there is neither."""
    known = find(tx, follower_id, followee_id)
    if known is not None:
        outgoing.unfollowed(tx, urls, known.id)
        _remove(tx, known)


def _look_at_links(tx: Tx, followee_id: int) -> None:
    """Of people elsewhere somebody here wants to know who they are; members' own are looked at when they change."""
    followee = by_id(tx, followee_id)
    if followee is not None and followee.domain:
        profile_fields.want_proofs(tx, followee_id, followee.fields)


def languages_of(row: sa.Row[Any]) -> list[str] | None:
    """The languages that a follow is limited to."""
    return row.languages.split() if row.languages else None


def _words(languages: Sequence[str]) -> str | None:
    kept = [language for language in dict.fromkeys(languages) if _LANGUAGE.fullmatch(language)][:MAX_LANGUAGES]
    return f" {' '.join(kept)} " if kept else None


def _remove(tx: Tx, known: sa.Row[Any]) -> None:
    if known.state == FollowState.ACCEPTED.value:
        _count(tx, known, -1)
    tx.execute(sa.delete(follows).where(follows.c.id == known.id))
    notifications.withdraw(tx, known.followee_id, NotificationKind.FOLLOW_REQUEST, known.follower_id, None)
    follow_ties.cut(tx, known.follower_id, known.followee_id)
    refill.clear(tx, known.follower_id, known.followee_id)


def _count(tx: Tx, known: sa.Row[Any], step: int) -> None:
    for account_id, column in (
        (known.follower_id, accounts.c.following_count),
        (known.followee_id, accounts.c.followers_count),
    ):
        tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values({column: column + step}))
