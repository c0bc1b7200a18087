# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quoting from here, and letting others quote what was written here.

A member's post is quoted at once where its author lets one. The authors of others are asked (FEP-044f): until they
agree, the quote waits and nobody is shown what it quotes.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, HearthError
from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.db.again import again
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, statuses
from appliance.fediverse.model import NotificationKind, QuoteState, Visibility
from appliance.fediverse.services import notifications, quote_policy, quotes, stream_events, text
from appliance.fediverse.services.interaction_policy import Verdict
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.quote_policy import QuotePolicy
from appliance.fediverse.services.visibility import OPEN, may_see
from appliance.fediverse.urls import Urls

_BY_ID = sa.select(statuses).where(statuses.c.id == sa.bindparam("id"))
_AUTHOR = sa.select(accounts).where(accounts.c.id == sa.bindparam("id"))
_QUOTING = (
    sa.select(statuses.c.account_id)
    .join(accounts, accounts.c.id == statuses.c.account_id)
    .where(
        statuses.c.quoted_id == sa.bindparam("quoted_id"),
        statuses.c.quote_state == QuoteState.ACCEPTED.value,
        accounts.c.domain == "",
    )
)
_QUOTED = again(statuses)
_BY_ONE_OF_ANOTHER = (
    sa.select(statuses.c.id, statuses.c.quoted_id)
    .join(_QUOTED, _QUOTED.c.id == statuses.c.quoted_id)
    .where(
        statuses.c.account_id == sa.bindparam("quoting_account_id"),
        statuses.c.quote_state == QuoteState.ACCEPTED.value,
        _QUOTED.c.account_id == sa.bindparam("quoted_account_id"),
        _QUOTED.c.local,
    )
)


def check(tx: Tx, author_id: int, quoted_id: int, visibility: Visibility, mentioned: Collection[int]) -> sa.Row[Any]:
    """What is to be quoted; of a boost, what it boosts. Raises HearthError for what may not be, BadInput."""
    row = tx.one(_BY_ID, {"id": quoted_id})
    if row is not None and row.boost_of_id is not None:
        row = tx.one(_BY_ID, {"id": row.boost_of_id})
    if row is None or not may_see(tx, author_id, row):
        raise _not_there()
    if quote_policy.verdict_for(tx, row, author_id) not in (Verdict.AUTOMATIC, Verdict.MANUAL):
        raise _not_there()
    if visibility is Visibility.DIRECT and row.account_id != author_id and row.account_id not in mentioned:
        raise BadInput("Validation failed: Quoted user must be mentioned in a private mention", "")
    return row


def narrowed(quoted: sa.Row[Any], visibility: Visibility) -> Visibility:
    """What is for followers is quoted to followers at most."""
    is_narrow = quoted.visibility not in OPEN
    return Visibility.FOLLOWERS if is_narrow and visibility.value in OPEN else visibility


def shown_in(tx: Tx, quoted: sa.Row[Any], html: str) -> str:
    """The HTML of a status that quotes this, with a line for whoever is shown no quotes."""
    author = tx.one(_AUTHOR, {"id": quoted.account_id})
    if author is None:
        return html
    url = f"/@{author.username}/{quoted.id}" if quoted.local else quoted.url or quoted.uri
    return text.quoting(url, author.username, html)


def edited(tx: Tx, status: sa.Row[Any], html: str) -> str:
    """The same for a status that changes."""
    quoted = tx.one(_BY_ID, {"id": status.quoted_id}) if status.quoted_id is not None else None
    return html if quoted is None else shown_in(tx, quoted, html)


def columns(tx: Tx, author_id: int, quoted: sa.Row[Any]) -> dict[str, Any]:
    """Of a status written here. Whoever is of here is asked by her policy alone, and nobody asks herself."""
    agreed = quoted.local or quoted.account_id == author_id
    state = QuoteState.ACCEPTED if agreed else QuoteState.PENDING
    return {"quoted_id": quoted.id, "quote_uri": quoted.uri, "quote_approval": None, "quote_state": state.value}


def added(tx: Tx, urls: Urls, status_id: int, author_id: int, quoted: sa.Row[Any], values: dict[str, Any]) -> None:
    """A status was written here that quotes this."""
    quotes.added(tx, values)
    if values["quote_state"] == QuoteState.PENDING.value:
        outgoing.quote_requested(tx, urls, status_id, quoted)
    else:
        _tell(tx, quoted, author_id, status_id)


def choose(tx: Tx, urls: Urls, author_id: int, status_id: int, policy: QuotePolicy) -> None:
    """Who may quote one's own status from now on; quotes that there are stay. Raises HearthError not-found."""
    row = tx.one(_BY_ID, {"id": status_id})
    if row is None or row.account_id != author_id or row.boost_of_id is not None:
        raise missing()
    wanted = quote_policy.chosen(policy, Visibility(row.visibility))
    if wanted != row.quote_policy:
        tx.execute(sa.update(statuses).where(statuses.c.id == status_id).values(quote_policy=wanted))
        outgoing.status_touched(tx, urls, status_id)


def is_free(tx: Tx, asker_id: int, quoted: sa.Row[Any]) -> bool:
    """Whether somebody of elsewhere may quote this post of ours at once."""
    return quoted.visibility in OPEN and quote_policy.verdict_for(tx, quoted, asker_id) is Verdict.AUTOMATIC


def grant(tx: Tx, quoted: sa.Row[Any], quoting_id: int) -> bool:
    """Let this status of elsewhere quote one of ours. False where leave was taken back, it quotes something else, or is
    not for everybody: who wrote what it quotes, and whoever asks for the stamp, could not read it."""
    quoting = tx.one(_BY_ID, {"id": quoting_id})
    if quoting is None or quoting.quoted_id != quoted.id or quoting.visibility not in OPEN:
        return False
    if quoting.quote_state == QuoteState.REVOKED.value:
        return False
    if quoting.quote_state != QuoteState.ACCEPTED.value:
        _set(tx, quoting, QuoteState.ACCEPTED, quoting.quote_approval)
    _tell(tx, quoted, quoting.account_id, quoting_id)
    return True


def answered(tx: Tx, urls: Urls, quoted_author_id: int, quoting_id: int, stamp: str | None) -> None:
    """The author of elsewhere, who was asked for a status of ours, agreed with this stamp, or refused."""
    quoting = tx.one(_BY_ID, {"id": quoting_id})
    if quoting is None or not quoting.local or quoting.quote_state != QuoteState.PENDING.value:
        return
    quoted = tx.one(_BY_ID, {"id": quoting.quoted_id})
    if quoted is None or quoted.account_id != quoted_author_id:
        return
    _set(tx, quoting, QuoteState.ACCEPTED if stamp else QuoteState.REJECTED, stamp)
    if stamp:
        outgoing.status_touched(tx, urls, quoting_id)


def withdrawn(tx: Tx, urls: Urls, quoted_id: int, quoting_id: int) -> None:
    """One's own post, which was checked, is to be quoted there no more. Raises HearthError not-found."""
    quotes.revoke(tx, quoted_id, quoting_id)
    stream_events.status_edited(tx, quoting_id)
    quoting = tx.one(_BY_ID, {"id": quoting_id})
    if quoting is not None:
        outgoing.quote_withdrawn(tx, urls, quoted_id, quoting)


def withdrawn_from(tx: Tx, urls: Urls, quoted_account_id: int, quoting_account_id: int) -> None:
    """Nothing that the one wrote here is to be quoted by the other any more."""
    both = {"quoted_account_id": quoted_account_id, "quoting_account_id": quoting_account_id}
    for row in tx.all(_BY_ONE_OF_ANOTHER, both):
        withdrawn(tx, urls, row.quoted_id, row.id)


def tell_of_edit(tx: Tx, status: sa.Row[Any]) -> None:
    """Members who quote this hear that it says something else now."""
    for row in tx.all(_QUOTING, {"quoted_id": status.id}):
        notifications.notify(tx, row.account_id, NotificationKind.QUOTED_UPDATE, status.account_id, status.id)


def _tell(tx: Tx, quoted: sa.Row[Any], quoting_account_id: int, quoting_id: int) -> None:
    """Who is quoted where she may not read it hears nothing: all that she could be shown is a number."""
    quoting = tx.one(_BY_ID, {"id": quoting_id})
    if quoting is not None and may_see(tx, quoted.account_id, quoting):
        notifications.notify(tx, quoted.account_id, NotificationKind.QUOTE, quoting_account_id, quoting_id)


def _set(tx: Tx, quoting: sa.Row[Any], state: QuoteState, approval: str | None) -> None:
    values = {"quote_state": state.value, "quote_approval": approval}
    tx.execute(sa.update(statuses).where(statuses.c.id == quoting.id).values(**values))
    quotes.added(tx, {"quoted_id": quoting.quoted_id, "quote_state": state.value})
    stream_events.status_edited(tx, quoting.id)


def _not_there() -> HearthError:
    return HearthError("not-found", "The post you are trying to quote does not appear to exist.", status=404)
