# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where members' apps want to be pushed to, one for each token. https://docs.joinmastodon.org/methods/push/"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import follows, push_errands, push_subscriptions
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.model import FollowState, NotificationKind
from appliance.fediverse.services.missing import missing
from appliance.secret import Secret

MOST = 30  # for each member: apps that were thrown away without a word must not pile up

_OF_MEMBER = sa.select(push_subscriptions).where(push_subscriptions.c.account_id == sa.bindparam("account_id"))
_FOLLOWS = sa.select(follows.c.id).where(
    follows.c.follower_id == sa.bindparam("follower_id"),
    follows.c.followee_id == sa.bindparam("followee_id"),
    follows.c.state == FollowState.ACCEPTED.value,
)


class From(Enum):
    """Whose doings are pushed; the values are the Mastodon API's."""

    ALL = "all"
    FOLLOWED = "followed"
    FOLLOWER = "follower"
    NONE = "none"


@dataclass(frozen=True)
class Endpoint:
    """Where to push, and the receiver's keys, in base64url without padding. Checked by whoever made this."""

    url: str
    public_key: str
    auth: str
    standard: bool = False


def create(
    tx: Tx,
    token_id: int,
    account_id: int,
    token: Secret,
    endpoint: Endpoint,
    alerts: Collection[str],
    policy: From = From.ALL,
) -> sa.Row[Any]:
    """In place of the one that the token had."""
    delete(tx, token_id)
    known = tx.all(_OF_MEMBER.order_by(push_subscriptions.c.id.desc()), {"account_id": account_id})
    for old in known[MOST - 1 :]:
        remove(tx, old.id)
    tx.execute(
        sa.insert(push_subscriptions).values(
            id=tx.next_id(),
            token_id=token_id,
            account_id=account_id,
            token=token.reveal(),
            endpoint=endpoint.url,
            public_key=endpoint.public_key,
            auth=endpoint.auth,
            standard=endpoint.standard,
            alerts=sorted(alerts),
            policy=policy.value,
            created_at=tx.now_ms,
        )
    )
    return get(tx, token_id)


def get(tx: Tx, token_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found."""
    row = tx.one(sa.select(push_subscriptions).where(push_subscriptions.c.token_id == token_id))
    if row is None:
        raise missing()
    return row


def change(tx: Tx, token_id: int, alerts: Collection[str] | None, policy: From | None) -> sa.Row[Any]:
    """What is None stays. Raises HearthError not-found."""
    row = get(tx, token_id)
    values: dict[str, Any] = {} if alerts is None else {"alerts": sorted(alerts)}
    if policy is not None:
        values["policy"] = policy.value
    if values:
        tx.execute(sa.update(push_subscriptions).where(push_subscriptions.c.id == row.id).values(**values))
    return get(tx, token_id)


def delete(tx: Tx, token_id: int) -> None:
    """Nothing happens where there is none."""
    tx.execute(sa.delete(push_subscriptions).where(push_subscriptions.c.token_id == token_id))


def remove(tx: Tx, subscription_id: int) -> None:
    """With all that waits for it."""
    tx.execute(sa.delete(push_subscriptions).where(push_subscriptions.c.id == subscription_id))


def enqueue(tx: Tx, account_id: int, kind: NotificationKind, from_account_id: int, notification_id: int) -> None:
    """Have a new notice pushed to wherever the member wants such ones."""
    for row in tx.all(_OF_MEMBER, {"account_id": account_id}):
        if kind.value in row.alerts and _wanted(tx, From(row.policy), account_id, from_account_id):
            values = {"subscription_id": row.id, "notification_id": notification_id, "due_at": tx.now_ms}
            tx.execute(sa.insert(push_errands).values(id=tx.next_id(), **values))
            tx.topics.add(Topic.PUSH)


def _wanted(tx: Tx, policy: From, account_id: int, from_account_id: int) -> bool:
    match policy:
        case From.FOLLOWED:
            return tx.exists(_FOLLOWS, {"follower_id": account_id, "followee_id": from_account_id})
        case From.FOLLOWER:
            return tx.exists(_FOLLOWS, {"follower_id": from_account_id, "followee_id": account_id})
        case From.ALL | From.NONE:
            return policy is From.ALL
