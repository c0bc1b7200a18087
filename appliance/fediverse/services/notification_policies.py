# SPDX-License-Identifier: AGPL-3.0-or-later
"""What becomes of notices from strangers. https://docs.joinmastodon.org/entities/NotificationPolicy/

One question to the database finds out all that decides it. Where the member has made no choice, that is a few look-ups
in indexes.
"""

from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    accounts,
    blocks,
    conversation_mutes,
    follows,
    mentions,
    mutes,
    notification_permissions,
    notification_policies,
    push_subscriptions,
    statuses,
    user_domain_blocks,
)
from appliance.fediverse.model import FollowState, NotificationKind, Visibility
from appliance.fediverse.services.visibility import blocked

_DAY = 24 * 60 * 60 * 1000
NEW_ACCOUNT = 30 * _DAY
NEW_FOLLOWER = 3 * _DAY  # whoever follows only to get through has to wait
# What others do to a member; what the instance tells her reaches her always.
FILTERABLE = frozenset(
    (
        NotificationKind.MENTION,
        NotificationKind.STATUS,
        NotificationKind.BOOST,
        NotificationKind.FOLLOW,
        NotificationKind.FOLLOW_REQUEST,
        NotificationKind.FAVOURITE,
        NotificationKind.QUOTE,
        NotificationKind.COLLECTED,
    )
)


class Fate(Enum):
    ACCEPT = "accept"
    FILTER = "filter"
    DROP = "drop"


@dataclass(frozen=True)
class Policy:
    for_not_following: Fate = Fate.ACCEPT
    for_not_followers: Fate = Fate.ACCEPT
    for_new_accounts: Fate = Fate.ACCEPT
    for_private_mentions: Fate = Fate.FILTER
    for_limited_accounts: Fate = Fate.FILTER


@dataclass(frozen=True)
class Judged:
    """`pushed`: the member has apps or browsers that are to be told at once."""

    fate: Fate
    pushed: bool = False


def get(tx: Tx, account_id: int) -> Policy:
    row = tx.one(sa.select(notification_policies).where(notification_policies.c.account_id == account_id))
    return Policy() if row is None else _policy(row)


def put(tx: Tx, account_id: int, policy: Policy) -> None:
    values = {name: fate.value for name, fate in asdict(policy).items()}
    mine = notification_policies.c.account_id == account_id
    if tx.execute(sa.update(notification_policies).where(mine).values(**values)).rowcount == 0:
        tx.execute(sa.insert(notification_policies).values(account_id=account_id, **values))


def judge(tx: Tx, account_id: int, kind: NotificationKind, from_account_id: int, status_id: int | None) -> Judged:
    """What becomes of a notice; who is no member gets none, and where one blocks the other there is none."""
    parameters = {"to_id": account_id, "from_id": from_account_id, "status_id": status_id or 0, "now": tx.now_ms}
    facts = tx.one(_FACTS, parameters)
    if facts is None or facts.unwanted or (kind is NotificationKind.MENTION and _mentions_blocked(tx, parameters)):
        return Judged(Fate.DROP)
    if kind not in FILTERABLE or facts.permitted:
        return Judged(Fate.ACCEPT, bool(facts.pushed))
    policy = Policy() if facts.account_id is None else _policy(facts)
    private = kind is NotificationKind.MENTION and facts.visibility == Visibility.DIRECT.value
    stranger = not facts.following
    follower = facts.follower_since is not None and facts.follower_since <= tx.now_ms - NEW_FOLLOWER
    fates = {
        policy.for_not_following if stranger else Fate.ACCEPT,
        policy.for_not_followers if not follower else Fate.ACCEPT,
        policy.for_new_accounts if stranger and facts.created_at > tx.now_ms - NEW_ACCOUNT else Fate.ACCEPT,
        policy.for_limited_accounts if stranger and facts.silenced_at is not None else Fate.ACCEPT,
    }
    if private and stranger and policy.for_private_mentions is not Fate.ACCEPT and not tx.exists(_ANSWER, parameters):
        fates.add(policy.for_private_mentions)
    fate = next(fate for fate in (Fate.DROP, Fate.FILTER, Fate.ACCEPT) if fate in fates)
    return Judged(fate, bool(facts.pushed))


def permit(tx: Tx, account_id: int, from_account_id: int) -> None:
    """Let somebody through from now on."""
    if not tx.exists(_PERMITTED, {"to_id": account_id, "from_id": from_account_id}):
        values = {"account_id": account_id, "from_account_id": from_account_id}
        tx.execute(sa.insert(notification_permissions).values(**values))


def _policy(row: sa.Row[Any]) -> Policy:
    return Policy(**{field.name: Fate(getattr(row, field.name)) for field in fields(Policy)})


def _mentions_blocked(tx: Tx, parameters: dict[str, int]) -> bool:
    return tx.exists(_MENTIONS_BLOCKED, parameters)


_TO, _FROM = sa.bindparam("to_id", type_=sa.BigInteger), sa.bindparam("from_id", type_=sa.BigInteger)
_STATUS = sa.bindparam("status_id", type_=sa.BigInteger)
_PERMITTED = sa.select(notification_permissions.c.account_id).where(
    notification_permissions.c.account_id == _TO, notification_permissions.c.from_account_id == _FROM
)
# A post that names somebody whom the member blocked, as in Mastodon, is none that she wants to hear of.
_MENTIONS_BLOCKED = (
    sa.select(mentions.c.account_id)
    .join(blocks, blocks.c.target_id == mentions.c.account_id)
    .where(mentions.c.status_id == _STATUS, blocks.c.account_id == _TO)
)


def _facts() -> "sa.Select[Any]":
    reader, sender, followed = again(accounts), again(accounts), again(follows)
    accepted = FollowState.ACCEPTED.value
    muted = sa.exists().where(
        mutes.c.account_id == _TO,
        mutes.c.target_id == _FROM,
        mutes.c.notifications,
        sa.or_(mutes.c.expires_at.is_(None), mutes.c.expires_at > sa.bindparam("now", type_=sa.BigInteger)),
    )
    domain = sa.exists().where(
        user_domain_blocks.c.account_id == _TO, user_domain_blocks.c.domain == sender.c.domain, sender.c.domain != ""
    )
    silent = sa.exists().where(
        conversation_mutes.c.account_id == _TO,
        conversation_mutes.c.conversation_id == statuses.c.conversation_id,
        statuses.c.id == _STATUS,
    )
    return (
        sa.select(
            sa.or_(blocked(_TO, _FROM), muted, domain, silent).label("unwanted"),
            sa.exists(_PERMITTED).label("permitted"),
            sa.exists()
            .where(follows.c.follower_id == _TO, follows.c.followee_id == _FROM, follows.c.state == accepted)
            .label("following"),
            sa.select(followed.c.created_at)
            .where(followed.c.follower_id == _FROM, followed.c.followee_id == _TO, followed.c.state == accepted)
            .scalar_subquery()
            .label("follower_since"),
            sa.select(statuses.c.visibility).where(statuses.c.id == _STATUS).scalar_subquery().label("visibility"),
            sa.exists().where(push_subscriptions.c.account_id == _TO).label("pushed"),
            sender.c.created_at,
            sender.c.silenced_at,
            notification_policies,
        )
        .select_from(
            reader.join(sender, sender.c.id == _FROM).outerjoin(
                notification_policies, notification_policies.c.account_id == reader.c.id
            )
        )
        .where(reader.c.id == _TO, reader.c.domain == "")
    )


def _answer() -> "sa.Select[Any]":
    """Whether the member herself brought the other one into this private talk."""
    theirs, own = again(statuses), again(statuses)
    return (
        sa.select(own.c.id)
        .join(theirs, theirs.c.conversation_id == own.c.conversation_id)
        .join(mentions, mentions.c.status_id == own.c.id)
        .where(theirs.c.id == _STATUS, own.c.account_id == _TO, mentions.c.account_id == _FROM)
    )


_FACTS, _ANSWER = _facts(), _answer()
