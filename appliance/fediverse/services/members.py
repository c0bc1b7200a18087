# SPDX-License-Identifier: AGPL-3.0-or-later
"""Members: the part of a local account that logs in, with a password, a role and a state."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance import passwords
from appliance.errors import BadInput, HearthError, Refused
from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.tables import accounts as accounts_table
from appliance.fediverse.db.tables import codes, members, tokens
from appliance.fediverse.model import MemberState, Role
from appliance.fediverse.services import accounts, instance_settings, sessions, throttle
from appliance.fediverse.urls import Urls
from appliance.secret import Secret

MAX_REASON = 1000
_USERNAME = re.compile(r"[a-z0-9_]{1,30}")
# Names that strangers would take for the people who run the place.
_RESERVED = frozenset(
    (
        *("abuse", "admin", "administrator", "all", "everyone", "hearth", "help", "here", "host", "hostmaster", "info"),
        *("instance", "mod", "moderator", "moderators", "nobody", "null", "owner", "postmaster", "relay", "root"),
        *("security", "staff", "support", "system", "undefined", "webmaster"),
    )
)
_STAFF = (Role.OWNER, Role.MODERATOR)


@dataclass(frozen=True)
class Member:
    """Times are milliseconds since 1970. `reason` is why they want in, where that is asked."""

    account_id: int
    username: str
    display_name: str
    role: Role
    state: MemberState
    reason: str
    created_at: int
    last_seen_at: int | None
    hidden: bool  # suspended by moderators, or waiting to be let in

    @property
    def is_active(self) -> bool:
        """May log in and do things."""
        return self.state is MemberState.ACTIVE and not self.hidden

    @property
    def is_staff(self) -> bool:
        """May approve, and help others with their passwords."""
        return self.role in _STAFF


def is_reserved(username: str) -> bool:
    return username in _RESERVED


def check_username(username: str) -> None:
    """Raise BadInput bad-username unless a member may be called so."""
    if not _USERNAME.fullmatch(username):
        raise BadInput(
            "That user name can't be used.",
            "Use 1 to 30 of the letters a to z, digits and underscores.",
            key="bad-username",
        )
    if is_reserved(username):
        raise BadInput("That user name is reserved.", "Choose another one.", key="bad-username")


def create(
    tx: Tx,
    username: str,
    password: Secret,
    *,
    role: Role = Role.MEMBER,
    state: MemberState = MemberState.ACTIVE,
    reason: str = "",
    email: str | None = None,
    locale: str | None = None,
    app_id: int | None = None,
    address: str | None = None,
) -> int:
    """Make a local account that can log in. Raises BadInput bad-username or weak-password, HearthError name-taken."""
    check_username(username)
    if find(tx, username) is not None or accounts.find_local(tx, username) is not None:
        raise HearthError("name-taken", f"The name {username} is taken.", "Choose another one.", status=409)
    check_password_strength(tx, username, password)
    account_id = accounts.create_local(tx, username)
    if state is MemberState.PENDING:
        _hide(tx, account_id, tx.now_ms)
    tx.execute(
        sa.insert(members).values(
            account_id=account_id,
            password=passwords.hash_password(password),
            role=role.value,
            state=state.value,
            reason=reason[:MAX_REASON],
            email=email,
            locale=locale,
            app_id=app_id,
            sign_up_address=address,
            preferences={},
            created_at=tx.now_ms,
        )
    )
    return account_id


def by_id(tx: Tx, account_id: int) -> Member | None:
    return _one(tx, members.c.account_id == account_id)


def find(tx: Tx, username: str) -> Member | None:
    name = username.strip().removeprefix("@").lower()
    if not _USERNAME.fullmatch(name):
        return None
    return _one(tx, sa.and_(accounts_table.c.username_key == name, accounts_table.c.domain == ""))


def get(tx: Tx, username: str) -> Member:
    """Raises HearthError unknown-member (404)."""
    member = find(tx, username)
    if member is None:
        raise HearthError("unknown-member", "Nobody here is called so.", "Check the name.", status=404)
    return member


def every(tx: Tx, *, state: MemberState | None = None) -> list[Member]:
    """All members, or those in one state, the oldest first."""
    query = _select().order_by(members.c.created_at, members.c.account_id)
    return [_member(row) for row in tx.all(query if state is None else query.where(members.c.state == state.value))]


def count(tx: Tx) -> int:
    """How many are active."""
    query = sa.select(sa.func.count()).select_from(members).where(members.c.state == MemberState.ACTIVE.value)
    return int(tx.execute(query).scalar_one())


def check_password(database: Database, urls: Urls, username: str, password: Secret, address: str) -> int:
    """The account that logs in so. Takes as long, and says the same, whether name or password is wrong.

    `username` may be written as @name or name@host. Raises Refused wrong-login, not-approved or disabled,
    and throttle.TooManyTries. Opens its own transactions: the slow hash must not hold one up.
    """
    name = _plain_name(urls, username)
    with database.write() as tx:
        member = find(tx, name) if name else None
        by_account, by_address = _limits(tx, name, member, address)
        throttle.attempt(tx, by_account, by_address)
        verifier = _verifier(tx, member.account_id) if member else None
    if not passwords.verify(verifier, password) or member is None:
        raise Refused("wrong-login", "The user name or the password is wrong.", "Check both and try again.", status=401)
    with database.write() as tx:
        throttle.clear(tx, by_account)
        throttle.forgive(tx, by_address)
    if member.state is MemberState.PENDING:
        raise Refused("not-approved", "Your account waits for approval.", "Try again when somebody has had a look.")
    if not member.is_active:
        raise Refused("disabled", "This account is switched off.", "Ask whoever runs this place.")
    return member.account_id


def set_password(tx: Tx, account_id: int, password: Secret, *, keep_session: int | None = None) -> None:
    """Set it and end all sessions but `keep_session`. Raises BadInput weak-password."""
    member = by_id(tx, account_id)
    if member is None:
        raise HearthError("unknown-member", "There is no such member.", status=404)
    check_password_strength(tx, member.username, password)
    verifier = passwords.hash_password(password)
    tx.execute(sa.update(members).where(members.c.account_id == account_id).values(password=verifier))
    sessions.end_all(tx, account_id, but=keep_session)


def reset_password(tx: Tx, account_id: int) -> Secret:
    """Make a new password for somebody who lost hers; whoever was logged in as her, or holds a token, is out."""
    password = passwords.make_password()
    set_password(tx, account_id, password)
    tx.execute(sa.delete(tokens).where(tokens.c.account_id == account_id))
    tx.execute(sa.delete(codes).where(codes.c.account_id == account_id))
    return password


def set_role(tx: Tx, account_id: int, role: Role) -> None:
    tx.execute(sa.update(members).where(members.c.account_id == account_id).values(role=role.value))


def set_state(tx: Tx, account_id: int, state: MemberState) -> None:
    """Switch a member's log-in off or on again."""
    tx.execute(sa.update(members).where(members.c.account_id == account_id).values(state=state.value))


def app_of(tx: Tx, account_id: int) -> int | None:
    """The app that signed a member up."""
    row = tx.one(sa.select(members.c.app_id).where(members.c.account_id == account_id))
    return None if row is None else row.app_id


def require_staff(tx: Tx, actor_id: int) -> Member:
    """Raises Refused not-allowed unless the actor is an active owner or moderator."""
    actor = by_id(tx, actor_id)
    if actor is None or not actor.is_staff or not actor.is_active:
        raise Refused("not-allowed", "Only the owner and moderators may do this.", "Ask one of them.")
    return actor


def may_help(actor: Member, member: Member) -> bool:
    """Whether the actor may give this member a new password: nobody does so for those who stand as high as herself."""
    if member.role is Role.MEMBER:
        return actor.is_staff
    return member.role is Role.MODERATOR and actor.role is Role.OWNER


def help_with_password(tx: Tx, actor_id: int, account_id: int) -> Secret:
    """`reset_password` on behalf of the owner or a moderator. Raises Refused not-allowed."""
    actor, member = require_staff(tx, actor_id), by_id(tx, account_id)
    if member is None:
        raise HearthError("unknown-member", "There is no such member.", status=404)
    if not may_help(actor, member):
        raise Refused("not-allowed", f"You may not reset the password of {member.username}.", "Ask the owner.")
    return reset_password(tx, account_id)


def approve(tx: Tx, account_id: int) -> None:
    """Let a waiting member in. Raises HearthError not-waiting."""
    _require_waiting(tx, account_id)
    tx.execute(sa.update(members).where(members.c.account_id == account_id).values(state=MemberState.ACTIVE.value))
    _hide(tx, account_id, None)


def reject(tx: Tx, account_id: int) -> None:
    """Turn a waiting member away; the name is free again. Raises HearthError not-waiting."""
    _require_waiting(tx, account_id)
    remove(tx, account_id)


def remove(tx: Tx, account_id: int) -> None:
    """Delete an account that nobody outside has ever seen; the database takes all that hangs on it along."""
    tx.execute(sa.delete(accounts_table).where(accounts_table.c.id == account_id, accounts_table.c.domain == ""))


def _hide(tx: Tx, account_id: int, since: int | None) -> None:
    """While somebody waits to be let in, her account is shown nowhere: not by the API, not to other servers."""
    tx.execute(sa.update(accounts_table).where(accounts_table.c.id == account_id).values(suspended_at=since))


def _require_waiting(tx: Tx, account_id: int) -> None:
    member = by_id(tx, account_id)
    if member is None or member.state is not MemberState.PENDING:
        raise HearthError("not-waiting", "This person does not wait any more.", "Look at the list again.", status=409)


def check_password_strength(tx: Tx, username: str, password: Secret) -> None:
    passwords.check_strength(password, about=(username, *instance_settings.get(tx).title.split()))


def _plain_name(urls: Urls, typed: str) -> str:
    name, _, host = typed.strip().removeprefix("@").lower().partition("@")
    return name if _USERNAME.fullmatch(name) and host in ("", urls.host.lower()) else ""


def _limits(tx: Tx, name: str, member: Member | None, address: str) -> tuple[throttle.Throttle, throttle.Throttle]:
    """Where a member is logged in already she is counted apart, so strangers can't keep her out of her own account."""
    apart = member is not None and sessions.is_known_address(tx, member.account_id, address)
    who = f"{name} at {address}" if apart else name
    return throttle.by_account("login", who), throttle.by_address("login", address)


def _verifier(tx: Tx, account_id: int) -> str:
    return str(tx.execute(sa.select(members.c.password).where(members.c.account_id == account_id)).scalar_one())


def _select() -> "sa.Select[Any]":
    columns = (accounts_table.c.username, accounts_table.c.display_name, accounts_table.c.suspended_at)
    return sa.select(members, *columns).join(accounts_table, accounts_table.c.id == members.c.account_id)


def _one(tx: Tx, condition: "sa.ColumnElement[bool]") -> Member | None:
    row = tx.one(_select().where(condition))
    return _member(row) if row else None


def _member(row: "sa.Row[Any]") -> Member:
    return Member(
        account_id=row.account_id,
        username=row.username,
        display_name=row.display_name,
        role=Role(row.role),
        state=MemberState(row.state),
        reason=row.reason,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        hidden=row.suspended_at is not None,
    )
