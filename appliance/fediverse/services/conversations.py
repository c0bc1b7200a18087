# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conversations: a member's direct posts, gathered by thread and by who else takes part; and threads she muted.

They are kept with each direct post, in its transaction, so that reading them is a look-up in an index.
https://docs.joinmastodon.org/methods/conversations/
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import (
    accounts,
    conversation_mutes,
    conversation_statuses,
    conversations,
    statuses,
)
from appliance.fediverse.services import stream_events
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.visibility import blocked, visible, welcome

MAX_AT_ONCE = 20  # conversations of a member that have one and the same last post; there is hardly ever a second

_LIST = Paged(
    sa.select(conversations, conversations.c.last_status_id.label("page_id"))
    .join(statuses, statuses.c.id == conversations.c.last_status_id)
    .where(conversations.c.account_id == sa.bindparam("viewer_id"), visible(), welcome(statuses.c.account_id)),
    conversations.c.last_status_id,
)
_MEMBERS = sa.select(accounts.c.id).where(
    accounts.c.id.in_(sa.bindparam("ids", expanding=True)),
    accounts.c.domain == "",
    sa.not_(blocked(accounts.c.id, sa.bindparam("author_id", type_=sa.BigInteger))),
)
_OF_STATUS = (
    sa.select(conversations)
    .join(conversation_statuses, conversation_statuses.c.member_conversation_id == conversations.c.id)
    .where(conversation_statuses.c.status_id == sa.bindparam("status_id"))
)
_NEWEST = sa.select(sa.func.max(conversation_statuses.c.status_id)).where(
    conversation_statuses.c.member_conversation_id == sa.bindparam("of_id"),
    conversation_statuses.c.status_id != sa.bindparam("without_id"),
)
_BY_AUTHOR = statuses.c.account_id == sa.bindparam("author_id")
_OF_AUTHOR = sa.select(conversations).where(
    conversations.c.id.in_(
        sa.select(conversation_statuses.c.member_conversation_id)
        .join(statuses, statuses.c.id == conversation_statuses.c.status_id)
        .where(_BY_AUTHOR)
    )
)
_NEWEST_OF_OTHERS = (
    sa.select(sa.func.max(conversation_statuses.c.status_id))
    .join(statuses, statuses.c.id == conversation_statuses.c.status_id)
    .where(conversation_statuses.c.member_conversation_id == sa.bindparam("of_id"), sa.not_(_BY_AUTHOR))
)


def add(tx: Tx, status_id: int, author_id: int, conversation_id: int, mentioned: Collection[int]) -> None:
    """A direct post, for each member who takes part. What she wrote herself she has read."""
    people = sorted({author_id, *mentioned})
    for row in tx.all(_MEMBERS, {"ids": people, "author_id": author_id}):
        others = ",".join(str(each) for each in people if each != row.id)
        _add_for(tx, row.id, conversation_id, others, status_id, unread=row.id != author_id)


def forget(tx: Tx, status_id: int) -> None:
    """Before a direct post goes: the one before it is then the last, or the conversation goes too."""
    for row in tx.all(_OF_STATUS, {"status_id": status_id}):
        newest = tx.execute(_NEWEST, {"of_id": row.id, "without_id": status_id}).scalar_one()
        _end_with(tx, row, newest)


def forget_all_by(tx: Tx, author_id: int) -> None:
    """Before somebody goes with all that she wrote."""
    for row in tx.all(_OF_AUTHOR, {"author_id": author_id}):
        newest = tx.execute(_NEWEST_OF_OTHERS, {"of_id": row.id, "author_id": author_id}).scalar_one()
        _end_with(tx, row, newest)


def page(tx: Tx, account_id: int, page: Page) -> list[sa.Row[Any]]:
    """The one written in last first; with `page_id`, by which the list is paged."""
    return _LIST.rows(tx, page, viewer_id=account_id)


def listed(tx: Tx, account_id: int, row_id: int) -> sa.Row[Any] | None:
    """One as it stands in the list, or None if it is gone or from somebody whom the member does not want to meet."""
    row = tx.one(sa.select(conversations).where(conversations.c.id == row_id, conversations.c.account_id == account_id))
    if row is None:
        return None
    beside = Page(MAX_AT_ONCE, max_id=row.last_status_id + 1, min_id=row.last_status_id - 1)
    return next((each for each in page(tx, account_id, beside) if each.id == row_id), None)


def get(tx: Tx, account_id: int, row_id: int) -> sa.Row[Any]:
    """Raises HearthError not-found, also for other people's."""
    mine = sa.and_(conversations.c.id == row_id, conversations.c.account_id == account_id)
    row = tx.one(sa.select(conversations).where(mine))
    if row is None:
        raise missing()
    return row


def others(row: sa.Row[Any]) -> list[int]:
    """Who else takes part; oneself where nobody does."""
    return [int(each) for each in row.others.split(",") if each] or [row.account_id]


def read(tx: Tx, account_id: int, row_id: int, *, unread: bool = False) -> None:
    """Raises HearthError not-found."""
    row = get(tx, account_id, row_id)
    tx.execute(sa.update(conversations).where(conversations.c.id == row.id).values(unread=unread))


def remove(tx: Tx, account_id: int, row_id: int) -> None:
    """From the member's list; the posts stay. Raises HearthError not-found."""
    row = get(tx, account_id, row_id)
    tx.execute(sa.delete(conversations).where(conversations.c.id == row.id))


def mute(tx: Tx, account_id: int, conversation_id: int) -> None:
    """Hear no more of a thread. `conversation_id` is that of its statuses."""
    if not is_muted(tx, account_id, conversation_id):
        tx.execute(sa.insert(conversation_mutes).values(account_id=account_id, conversation_id=conversation_id))


def unmute(tx: Tx, account_id: int, conversation_id: int) -> None:
    mine = conversation_mutes.c.account_id == account_id
    tx.execute(sa.delete(conversation_mutes).where(mine, conversation_mutes.c.conversation_id == conversation_id))


def is_muted(tx: Tx, account_id: int, conversation_id: int) -> bool:
    mine = conversation_mutes.c.account_id == account_id
    return tx.exists(sa.select(conversation_mutes).where(mine, conversation_mutes.c.conversation_id == conversation_id))


def _end_with(tx: Tx, row: sa.Row[Any], newest: int | None) -> None:
    mine = conversations.c.id == row.id
    if newest is None:
        tx.execute(sa.delete(conversations).where(mine))
    elif row.last_status_id != newest:
        tx.execute(sa.update(conversations).where(mine).values(last_status_id=newest))


def _add_for(tx: Tx, account_id: int, conversation_id: int, others: str, status_id: int, *, unread: bool) -> None:
    known = tx.one(
        sa.select(conversations).where(
            conversations.c.account_id == account_id,
            conversations.c.conversation_id == conversation_id,
            conversations.c.others == others,
        )
    )
    if known is None:
        row_id = tx.next_id()
        values = {"account_id": account_id, "conversation_id": conversation_id, "others": others}
        tx.execute(sa.insert(conversations).values(id=row_id, last_status_id=status_id, unread=unread, **values))
    else:
        row_id = known.id
        newest = max(known.last_status_id, status_id)
        tx.execute(
            sa.update(conversations).where(conversations.c.id == row_id).values(last_status_id=newest, unread=unread)
        )
    tx.execute(sa.insert(conversation_statuses).values(member_conversation_id=row_id, status_id=status_id))
    stream_events.conversation_changed(tx, account_id, row_id)
