# SPDX-License-Identifier: AGPL-3.0-or-later
"""Registration: how somebody becomes a member by herself. Web page and client API both come through here."""

from dataclasses import dataclass

from appliance.errors import Refused
from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import MemberState, NotificationKind, Registration
from appliance.fediverse.services import instance_settings, invites, ip_blocks, members, notifications, roles, throttle
from appliance.fediverse.services.ip_blocks import Severity
from appliance.fediverse.services.roles import Permission
from appliance.secret import Secret


@dataclass(frozen=True)
class Application:
    """What somebody asks for. `address` is the asker's IP address, for throttling. The e-mail address is kept for the
    moderators if it is given; nothing is ever sent there."""

    username: str
    password: Secret
    address: str
    reason: str = ""
    email: str | None = None
    invite: Secret | None = None
    locale: str | None = None
    app_id: int | None = None

    @property
    def name(self) -> str:
        return self.username.strip().removeprefix("@").lower()


@dataclass(frozen=True)
class Registered:
    """ACTIVE may log in at once, PENDING waits until the owner or a moderator has approved."""

    account_id: int
    state: MemberState


def register(tx: Tx, application: Application) -> Registered:
    """Make the member and spend the invite, both or neither.

    An invite opens every mode; without one the mode decides. Raises Refused joining-closed or invite-needed,
    what `invites.check` and `members.create` raise, and throttle.TooManyTries.
    """
    by_address = throttle.by_address("join", application.address, free=10)
    throttle.check(tx, by_address)
    state = state_to_be(tx, application)
    account_id = members.create(
        tx,
        application.name,
        application.password,
        state=state,
        reason=application.reason.strip(),
        email=application.email,
        locale=application.locale,
        app_id=application.app_id,
        address=application.address,
    )
    if application.invite is not None:
        invites.use(tx, application.invite, account_id)
    throttle.fail(tx, by_address)  # no failure, but nobody needs many accounts
    for moderator_id in roles.holders(tx, Permission.MANAGE_USERS):
        notifications.notify(tx, moderator_id, NotificationKind.SIGN_UP, account_id)
    return Registered(account_id, state)


def require_open(tx: Tx) -> Registration:
    """The mode, if somebody without an invite may ask to join. Raises Refused joining-closed or invite-needed."""
    mode = instance_settings.get(tx).registration
    if mode is Registration.CLOSED:
        raise Refused("joining-closed", "Nobody can join at the moment.", "Ask whoever runs this place.")
    if mode is Registration.INVITE:
        raise Refused("invite-needed", "You need an invite to join.", "Ask a member for a link.")
    return mode


def state_to_be(tx: Tx, application: Application) -> MemberState:
    """How this person would begin. Raises Refused joining-closed or invite-needed, what `invites.check` raises."""
    barred = ip_blocks.severities(tx, application.address)
    if Severity.NO_SIGN_UP in barred or Severity.NO_ACCESS in barred:
        raise Refused("joining-closed", "Nobody can join from here.", "Ask whoever runs this place.")
    if application.invite is not None:
        invites.check(tx, application.invite)
        return MemberState.ACTIVE
    waits = require_open(tx) is Registration.APPROVAL or Severity.NEEDS_APPROVAL in barred
    return MemberState.PENDING if waits else MemberState.ACTIVE
