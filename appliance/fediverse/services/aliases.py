# SPDX-License-Identifier: AGPL-3.0-or-later
"""A member's other accounts, and moving out to one of them.

An alias says "that account elsewhere was mine too", which its server asks before it moves here. A move needs the
same word from the account it goes to: whoever calls `move` has just asked for it.
"""

from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, Refused
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts
from appliance.fediverse.services import moving_along
from appliance.fediverse.services.accounts import by_id
from appliance.fediverse.services.missing import missing
from appliance.fediverse.urls import Urls

MAX = 10


def uri_of(urls: Urls, account: sa.Row[Any]) -> str:
    return str(account.uri or urls.actor(account.username))


def add(tx: Tx, urls: Urls, account_id: int, alias_id: int) -> None:
    """Adding twice changes nothing. Raises HearthError not-found, BadInput."""
    account, alias = _present(tx, account_id), _present(tx, alias_id)
    known = list(account.also_known_as or ())
    uri = uri_of(urls, alias)
    if account_id == alias_id:
        raise BadInput("That is this account itself.", "Name the account that you come from.", key="own-account")
    if uri in known:
        return
    if len(known) >= MAX:
        raise BadInput(f"There are {MAX} already.", "Take one away first.", key="too-many")
    _change(tx, urls, account_id, also_known_as=[*known, uri])


def remove(tx: Tx, urls: Urls, account_id: int, uri: str) -> None:
    """Nothing happens if it is no alias."""
    known = list(_present(tx, account_id).also_known_as or ())
    if uri in known:
        _change(tx, urls, account_id, also_known_as=[each for each in known if each != uri] or None)


def move(tx: Tx, urls: Urls, account_id: int, target_id: int) -> None:
    """Tell everybody that this account is another one now; followers here go there at once. Raises HearthError
    not-found, Refused when the other account does not name this one, or either has moved."""
    account, target = _present(tx, account_id), _present(tx, target_id)
    if account.moved_to_id is not None or target.moved_to_id is not None or account_id == target_id:
        raise Refused("has-moved", "This account, or the other one, has moved already.", "Stop that move first.")
    if uri_of(urls, account) not in (target.also_known_as or ()):
        raise Refused(
            "not-an-alias",
            "The other account does not say that this one is yours too.",
            "Log in there, add this account as an alias, and try again.",
        )
    moving_along.move(tx, urls, account_id, target_id)
    outgoing.profile_updated(tx, urls, account_id)
    outgoing.moved(tx, urls, account_id)


def stop_move(tx: Tx, urls: Urls, account_id: int) -> None:
    """The account is itself again; followers who went stay where they are."""
    if _present(tx, account_id).moved_to_id is not None:
        _change(tx, urls, account_id, moved_to_id=None)


def _change(tx: Tx, urls: Urls, account_id: int, **values: Any) -> None:
    tx.execute(sa.update(accounts).where(accounts.c.id == account_id).values(**values))
    outgoing.profile_updated(tx, urls, account_id)


def _present(tx: Tx, account_id: int) -> sa.Row[Any]:
    row = by_id(tx, account_id)
    if row is None or row.suspended_at is not None or row.deleted_at is not None:
        raise missing()
    return row
