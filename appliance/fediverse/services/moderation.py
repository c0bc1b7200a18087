# SPDX-License-Identifier: AGPL-3.0-or-later
"""What moderators do to accounts, each act kept with who did it and why.

A suspended account is seen by nobody and may do nothing; a silenced one is met only by who follows it; of a sensitive
one all posts count as sensitive; a disabled one can't log in. The rules themselves are where the reading is done
(visibility.py, timelines.py, tokens.py and so on); here the account is marked and what must end at once is ended.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, follows, reports, strikes
from appliance.fediverse.model import MemberState, NotificationKind
from appliance.fediverse.services import deletion, members, notifications, roles, sessions
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.services.accounts import by_id
from appliance.fediverse.services.members import Member
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.roles import Permission
from appliance.fediverse.urls import Urls

Row = sa.Row[Any]

MAX_TEXT = 5000


class Action(Enum):
    """The values are the Mastodon API's."""

    NONE = "none"
    SENSITIVE = "sensitive"
    DISABLE = "disable"
    SILENCE = "silence"
    SUSPEND = "suspend"


@dataclass(frozen=True)
class Verdict:
    """`text` is what the moderator wrote; `report_id` the report that led to it."""

    action: Action
    text: str = ""
    report_id: int | None = None


def act(tx: Tx, urls: Urls, actor_id: int, account_id: int, verdict: Verdict) -> None:
    """Reports against the account are answered by this too. Raises Refused not-allowed, HearthError not-found."""
    actor, account = _against(tx, actor_id, account_id)
    _check_report(tx, verdict, account_id)
    match verdict.action:
        case Action.SENSITIVE:
            _mark(tx, account, sensitized_at=account.sensitized_at or tx.now_ms)
        case Action.SILENCE:
            _mark(tx, account, silenced_at=account.silenced_at or tx.now_ms)
        case Action.DISABLE:
            _disable(tx, account)
        case Action.SUSPEND:
            _suspend(tx, urls, account)
    strike_id = _note(tx, actor, account_id, verdict.action.value, verdict)
    if not account.domain and (verdict.text or verdict.action is not Action.NONE):
        notifications.notify(tx, account_id, NotificationKind.WARNING, account_id, about_id=strike_id)
    _answer_reports(tx, actor, account_id, verdict)


def approve(tx: Tx, actor_id: int, account_id: int) -> None:
    """Let a waiting member in. Raises Refused not-allowed, also for who does not wait."""
    actor, _ = _against(tx, actor_id, account_id)
    _require_waiting(tx, account_id)
    members.approve(tx, account_id)
    _note(tx, actor, account_id, "approve")


def reject(tx: Tx, actor_id: int, account_id: int) -> None:
    """Turn a waiting member away. Raises Refused not-allowed, also for who does not wait."""
    _against(tx, actor_id, account_id)
    _require_waiting(tx, account_id)
    members.reject(tx, account_id)


def enable(tx: Tx, actor_id: int, account_id: int) -> None:
    """Raises Refused not-allowed, HearthError not-found."""
    actor, account = _against(tx, actor_id, account_id)
    if account.domain:
        raise missing()
    member = members.by_id(tx, account_id)
    if member is not None and member.state is MemberState.DISABLED:
        members.set_state(tx, account_id, MemberState.ACTIVE)
        _note(tx, actor, account_id, "enable")


def unsilence(tx: Tx, actor_id: int, account_id: int) -> None:
    actor, account = _against(tx, actor_id, account_id)
    _mark(tx, account, silenced_at=None)
    _note(tx, actor, account_id, "unsilence")


def unsensitive(tx: Tx, actor_id: int, account_id: int) -> None:
    actor, account = _against(tx, actor_id, account_id)
    _mark(tx, account, sensitized_at=None)
    _note(tx, actor, account_id, "unsensitive")


def unsuspend(tx: Tx, urls: Urls, actor_id: int, account_id: int) -> None:
    """Raises Refused not-allowed for who is not suspended, or only waits for approval."""
    actor, account = _against(tx, actor_id, account_id)
    if not is_suspended(tx, account) or account.deleted_at is not None:
        raise roles.not_allowed()
    _mark(tx, account, suspended_at=None)
    outgoing.profile_updated(tx, urls, account_id)
    _note(tx, actor, account_id, "unsuspend")


def delete(tx: Tx, urls: Urls, actor_id: int, account_id: int) -> None:
    """Delete all that a suspended account ever was. Raises Refused not-allowed, HearthError not-found."""
    actor = roles.require(tx, actor_id, Permission.DELETE_USER_DATA)
    account = _account(tx, account_id)
    roles.require_above(tx, actor, account_id)
    if not is_suspended(tx, account) or account.deleted_at is not None:
        raise roles.not_allowed()
    deletion.delete_account(tx, urls, account_id)


def is_suspended(tx: Tx, account: Row) -> bool:
    """Not only hidden until approved."""
    if account.suspended_at is None:
        return False
    member = members.by_id(tx, account.id)
    return member is None or member.state is not MemberState.PENDING


def strikes_by_ids(tx: Tx, ids: list[int]) -> list[Row]:
    return tx.all(sa.select(strikes).where(strikes.c.id.in_(ids)))


def _against(tx: Tx, actor_id: int, account_id: int) -> tuple[Member, Row]:
    actor = roles.require(tx, actor_id, Permission.MANAGE_USERS)
    account = _account(tx, account_id)
    roles.require_above(tx, actor, account_id)
    return actor, account


def _account(tx: Tx, account_id: int) -> Row:
    account = by_id(tx, account_id)
    if account is None:
        raise missing()
    return account


def _mark(tx: Tx, account: Row, **values: int | None) -> None:
    tx.execute(sa.update(accounts).where(accounts.c.id == account.id).values(**values))


def _disable(tx: Tx, account: Row) -> None:
    member = members.by_id(tx, account.id)
    if member is None:
        raise BadInput("Record invalid", "")
    if member.state is MemberState.PENDING:
        raise roles.not_allowed()
    members.set_state(tx, account.id, MemberState.DISABLED)
    sessions.end_all(tx, account.id)


def _suspend(tx: Tx, urls: Urls, account: Row) -> None:
    if account.suspended_at is not None:
        return
    if account.domain:
        # On its own server it is as before, so it must be told that it follows nobody here any more.
        theirs = sa.select(follows.c.followee_id).where(follows.c.follower_id == account.id)
        for row in tx.all(theirs):
            follow_services.reject(tx, urls, row.followee_id, account.id)
    _mark(tx, account, suspended_at=tx.now_ms)
    outgoing.profile_updated(tx, urls, account.id)
    sessions.end_all(tx, account.id)


def _require_waiting(tx: Tx, account_id: int) -> None:
    member = members.by_id(tx, account_id)
    if member is None or member.state is not MemberState.PENDING:
        raise roles.not_allowed()


def _check_report(tx: Tx, verdict: Verdict, account_id: int) -> None:
    mine = sa.and_(reports.c.id == verdict.report_id, reports.c.target_account_id == account_id)
    if verdict.report_id is not None and not tx.exists(sa.select(reports.c.id).where(mine)):
        raise missing()
    if len(verdict.text) > MAX_TEXT:
        raise BadInput(f"Validation failed: Text is too long (maximum is {MAX_TEXT} characters)", "")


def _note(tx: Tx, actor: Member, account_id: int, action: str, verdict: Verdict | None = None) -> int:
    strike_id = tx.next_id()
    tx.execute(
        sa.insert(strikes).values(
            id=strike_id,
            account_id=actor.account_id,
            target_account_id=account_id,
            action=action,
            text=verdict.text if verdict else "",
            report_id=verdict.report_id if verdict else None,
            created_at=tx.now_ms,
        )
    )
    return strike_id


def _answer_reports(tx: Tx, actor: Member, account_id: int, verdict: Verdict) -> None:
    """All that are open; where nothing was done, only the one that was looked at."""
    if verdict.action is Action.NONE and verdict.report_id is None:
        return
    meant = reports.c.id == verdict.report_id if verdict.action is Action.NONE else sa.true()
    tx.execute(
        sa.update(reports)
        .where(reports.c.target_account_id == account_id, reports.c.action_taken_at.is_(None), meant)
        .values(action_taken_at=tx.now_ms, action_taken_by_account_id=actor.account_id, updated_at=tx.now_ms)
    )
