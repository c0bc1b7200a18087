# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls: asked here or elsewhere, voted on, and ended. https://docs.joinmastodon.org/methods/polls/

A poll's row says itself what has to be done with it and when (`ends_at`, `tell_at`), so the companion finds it by an
index, and a power cut loses nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, poll_votes, polls, statuses
from appliance.fediverse.db.topics import Topic
from appliance.fediverse.model import NotificationKind
from appliance.fediverse.services import blocks, notifications
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.remote import RemotePoll
from appliance.fediverse.services.visibility import may_see
from appliance.fediverse.urls import Urls

MAX_OPTIONS = 4
MAX_OPTION = 50
MIN_SECONDS = 5 * 60
MAX_SECONDS = 2_629_746  # a month
# Other servers are told of votes together, not of each.
TELL_AFTER_MILLISECONDS = 60_000

_BY_ID = sa.select(polls).where(polls.c.id == sa.bindparam("id"))
_STATUS = sa.select(statuses).where(statuses.c.id == sa.bindparam("id"))
_LOCAL_VOTERS = (
    sa.select(poll_votes.c.account_id)
    .join(accounts, accounts.c.id == poll_votes.c.account_id)
    .where(poll_votes.c.poll_id == sa.bindparam("id"), accounts.c.domain == "")
    .distinct()
)
_NEXT = sa.select(sa.func.min(polls.c.ends_at)), sa.select(sa.func.min(polls.c.tell_at))


@dataclass(frozen=True)
class NewPoll:
    options: tuple[str, ...]
    expires_in: int
    multiple: bool = False
    hide_totals: bool = False


def check(poll: NewPoll) -> None:
    """Raises BadInput."""
    if len(poll.options) < 2:
        raise BadInput("Validation failed: Options must have more than one item", "")
    if len(poll.options) > MAX_OPTIONS:
        raise BadInput(f"Validation failed: Options can't contain more than {MAX_OPTIONS} items", "")
    if any(len(title) > MAX_OPTION for title in poll.options):
        raise BadInput(f"Validation failed: Options cannot be longer than {MAX_OPTION} characters each", "")
    if not all(poll.options):
        raise BadInput("Validation failed: Options can't be blank", "")
    if len(set(poll.options)) < len(poll.options):
        raise BadInput("Validation failed: Options contain duplicate items", "")
    if poll.expires_in < MIN_SECONDS:
        raise BadInput("Validation failed: Expires at is too soon", "")
    if poll.expires_in > MAX_SECONDS:
        raise BadInput("Validation failed: Expires at is too far into the future", "")


def ask(tx: Tx, status_id: int, poll_id: int, poll: NewPoll) -> None:
    """Put a checked poll under a status of ours."""
    expires_at = tx.now_ms + poll.expires_in * 1000
    values = {
        "options": list(poll.options),
        "multiple": poll.multiple,
        "hide_totals": poll.hide_totals,
        "expires_at": expires_at,
        "ends_at": expires_at,
        "tallies": [0] * len(poll.options),
        "voters_count": 0,
    }
    tx.execute(sa.insert(polls).values(id=poll_id, status_id=status_id, **values))
    tx.topics.add(Topic.SCHEDULED)


def change(tx: Tx, status: sa.Row[Any], poll: NewPoll | None) -> bool:
    """What the poll of an edited status shall be; whether its question is another one now. Then its votes are void."""
    before = of_status(tx, status)
    if before is None or poll is None:
        if before is not None:
            tx.execute(sa.delete(polls).where(polls.c.id == before.id))
        poll_id = tx.next_id() if poll is not None else None
        tx.execute(sa.update(statuses).where(statuses.c.id == status.id).values(poll_id=poll_id))
        if poll is not None and poll_id is not None:
            ask(tx, status.id, poll_id, poll)
        return before is not None or poll is not None
    expires_at = tx.now_ms + poll.expires_in * 1000
    values: dict[str, Any] = {"hide_totals": poll.hide_totals, "expires_at": expires_at, "ends_at": expires_at}
    other = bool(list(poll.options) != before.options or poll.multiple != before.multiple)
    if other:
        values |= {"options": list(poll.options), "multiple": poll.multiple}
        _void(tx, before.id, values)
    tx.execute(sa.update(polls).where(polls.c.id == before.id).values(**values))
    return other


def of_status(tx: Tx, status: sa.Row[Any]) -> sa.Row[Any] | None:
    return None if status.poll_id is None else tx.one(_BY_ID, {"id": status.poll_id})


def seen_by(tx: Tx, viewer_id: int | None, poll_id: int) -> tuple[sa.Row[Any], sa.Row[Any]]:
    """The poll and its status. Raises HearthError not-found, whether hidden or not there."""
    poll = tx.one(_BY_ID, {"id": poll_id})
    status = poll and tx.one(_STATUS, {"id": poll.status_id})
    if poll is None or status is None or not may_see(tx, viewer_id, status):
        raise missing()
    return poll, status


def vote(tx: Tx, urls: Urls, voter_id: int, poll_id: int, choices: Collection[int]) -> None:
    """Raises HearthError not-found, Refused, BadInput."""
    poll, status = seen_by(tx, voter_id, poll_id)
    blocks.refuse_blocked(tx, voter_id, status.account_id)
    wanted = list(dict.fromkeys(choices))
    if _is_over(tx, poll):
        raise BadInput("Validation failed: The poll has already ended", "")
    if status.account_id == voter_id:
        raise BadInput("Validation failed: You cannot vote in your own polls", "")
    if not wanted or any(not 0 <= choice < len(poll.options) for choice in wanted):
        raise BadInput("Validation failed: The chosen vote option does not exist", "")
    before = own_votes(tx, voter_id, [poll_id]).get(poll_id, [])
    if ((before or len(wanted) > 1) and not poll.multiple) or set(wanted) & set(before):
        raise BadInput("Validation failed: You have already voted on this poll", "")
    vote_ids = _count(tx, poll, voter_id, wanted, first=not before)
    if poll.expires_at is not None and poll.ends_at is None:
        tx.execute(sa.update(polls).where(polls.c.id == poll_id).values(ends_at=poll.expires_at))
        tx.topics.add(Topic.SCHEDULED)
    outgoing.voted(tx, urls, vote_ids)


def receive_vote(tx: Tx, voter_id: int, status_id: int, title: str) -> bool:
    """A vote of somebody on another server, by the option's title; whether it was one: else it is a reply."""
    status = tx.one(_STATUS, {"id": status_id})
    poll = of_status(tx, status) if status is not None and status.local else None
    if status is None or poll is None or title not in poll.options:
        return False
    choice = poll.options.index(title)
    before = own_votes(tx, voter_id, [poll.id]).get(poll.id, [])
    again = choice in before or (before and not poll.multiple)
    if not again and not _is_over(tx, poll) and may_see(tx, voter_id, status) and status.account_id != voter_id:
        _count(tx, poll, voter_id, [choice], first=not before)
    return True


def own_votes(tx: Tx, voter_id: int, poll_ids: Sequence[int]) -> dict[int, list[int]]:
    """What somebody chose, by poll."""
    query = (
        sa.select(poll_votes.c.poll_id, poll_votes.c.choice)
        .where(poll_votes.c.account_id == voter_id, poll_votes.c.poll_id.in_(poll_ids))
        .order_by(poll_votes.c.choice)
    )
    found: dict[int, list[int]] = {}
    for row in tx.all(query):
        found.setdefault(row.poll_id, []).append(row.choice)
    return found


def store_remote(tx: Tx, status_id: int, remote: RemotePoll) -> None:
    """A poll of another server as it stands now. If it asks something else than before, votes here are void."""
    before = tx.one(sa.select(polls).where(polls.c.status_id == status_id))
    values: dict[str, Any] = {
        "options": list(remote.options),
        "tallies": list(remote.tallies),
        "voters_count": remote.voters_count,
        "multiple": remote.multiple,
        "expires_at": remote.expires_at,
        "fetched_at": tx.now_ms,
    }
    if before is None:
        poll_id = tx.next_id()
        tx.execute(sa.insert(polls).values(id=poll_id, status_id=status_id, **values))
        tx.execute(sa.update(statuses).where(statuses.c.id == status_id).values(poll_id=poll_id))
        return
    if before.options != values["options"]:
        tx.execute(sa.delete(poll_votes).where(poll_votes.c.poll_id == before.id))
    if before.ends_at is not None:
        values["ends_at"] = remote.expires_at
    tx.execute(sa.update(polls).where(polls.c.id == before.id).values(**values))


def end_one(tx: Tx, urls: Urls) -> bool:
    """Tell of the end of one poll that is over; false if there is none."""
    poll = tx.one(sa.select(polls).where(polls.c.ends_at <= tx.now_ms).order_by(polls.c.ends_at).limit(1))
    status = poll and tx.one(_STATUS, {"id": poll.status_id})
    if poll is None or status is None:
        return False
    tx.execute(sa.update(polls).where(polls.c.id == poll.id).values(ends_at=None, tell_at=None))
    told = {row.account_id for row in tx.all(_LOCAL_VOTERS, {"id": poll.id})}
    if status.local:
        told.add(status.account_id)
        outgoing.poll_changed(tx, urls, status.id)
    for account_id in sorted(told):
        notifications.notify(tx, account_id, NotificationKind.POLL, status.account_id, status.id)
    return True


def tell_one(tx: Tx, urls: Urls) -> bool:
    """Tell other servers how one poll stands that was voted on; false if there is none."""
    poll = tx.one(sa.select(polls).where(polls.c.tell_at <= tx.now_ms).order_by(polls.c.tell_at).limit(1))
    if poll is None:
        return False
    tx.execute(sa.update(polls).where(polls.c.id == poll.id).values(tell_at=None))
    outgoing.poll_changed(tx, urls, poll.status_id)
    return True


def next_due(tx: Tx) -> int | None:
    """When something has to be told of a poll, in milliseconds; None if nothing has."""
    moments = [tx.execute(query).scalar_one() for query in _NEXT]
    return min((moment for moment in moments if moment is not None), default=None)


def _is_over(tx: Tx, poll: sa.Row[Any]) -> bool:
    return poll.expires_at is not None and bool(poll.expires_at <= tx.now_ms)


def _count(tx: Tx, poll: sa.Row[Any], voter_id: int, choices: list[int], *, first: bool) -> list[int]:
    """Ids of the votes, one for each choice."""
    rows: list[dict[str, Any]] = [
        {"id": tx.next_id(), "poll_id": poll.id, "account_id": voter_id, "choice": choice, "created_at": tx.now_ms}
        for choice in choices
    ]
    tx.execute(sa.insert(poll_votes), rows)
    tallies = [votes + (number in choices) for number, votes in enumerate(poll.tallies)]
    values: dict[str, Any] = {"tallies": tallies}
    if poll.voters_count is not None:
        values["voters_count"] = poll.voters_count + first
    if poll.tell_at is None and poll.fetched_at is None and not poll.hide_totals:
        values["tell_at"] = tx.now_ms + TELL_AFTER_MILLISECONDS
        tx.topics.add(Topic.SCHEDULED)
    tx.execute(sa.update(polls).where(polls.c.id == poll.id).values(**values))
    return [row["id"] for row in rows]


def _void(tx: Tx, poll_id: int, values: dict[str, Any]) -> None:
    tx.execute(sa.delete(poll_votes).where(poll_votes.c.poll_id == poll_id))
    values |= {"tallies": [0] * len(values["options"]), "voters_count": 0, "tell_at": None}
