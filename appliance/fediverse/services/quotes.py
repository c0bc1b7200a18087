# SPDX-License-Identifier: AGPL-3.0-or-later
"""Quotes: posts that show another one within. Their authors' servers say who agreed, and may take it back.

This keeps what other servers tell; what members quote and let others quote is in `quoting`.
"""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import statuses
from appliance.fediverse.model import QuoteState
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.remote import RemoteQuote
from appliance.fediverse.services.visibility import NOBODY, visible, welcome

_ACCEPTED = QuoteState.ACCEPTED.value
_OF = Paged(
    sa.select(statuses).where(
        statuses.c.quoted_id == sa.bindparam("quoted_id"),
        statuses.c.quote_state == _ACCEPTED,
        visible(),
        welcome(statuses.c.account_id),
    ),
    statuses.c.id,
)
_COUNT = (
    sa.update(statuses)
    .where(statuses.c.id == sa.bindparam("counted_id"))
    .values(quotes_count=statuses.c.quotes_count + sa.bindparam("step"))
)


def columns(quote: RemoteQuote | None) -> dict[str, Any]:
    """What a status says of its quote."""
    if quote is None:
        return {"quoted_id": None, "quote_uri": None, "quote_approval": None, "quote_state": None}
    return {
        "quoted_id": quote.quoted_id,
        "quote_uri": quote.uri,
        "quote_approval": quote.approval,
        "quote_state": quote.state.value,
    }


def receive(tx: Tx, status: sa.Row[Any], quote: RemoteQuote | None) -> None:
    """What a changed status says of its quote.

    Where leave was taken back nothing changes that: whoever could first quote nothing could then quote the same again.
    """
    values = columns(quote)
    same = all(getattr(status, name) == value for name, value in values.items())
    if not same and status.quote_state != QuoteState.REVOKED.value:
        removed(tx, status)
        tx.execute(sa.update(statuses).where(statuses.c.id == status.id).values(**values))
        added(tx, values)


def added(tx: Tx, values: dict[str, Any]) -> None:
    """Count a quote whose columns are these."""
    if values["quote_state"] == _ACCEPTED and values["quoted_id"] is not None:
        tx.execute(_COUNT, {"counted_id": values["quoted_id"], "step": 1})


def removed(tx: Tx, status: sa.Row[Any]) -> None:
    """A quote goes, or is another one."""
    if status.quote_state == _ACCEPTED and status.quoted_id is not None:
        tx.execute(_COUNT, {"counted_id": status.quoted_id, "step": -1})


def receive_revocation(tx: Tx, author_id: int, approval: str) -> None:
    """The quoted author's server took its leave back. Nothing happens where it was not that author's to give."""
    for quoting in tx.all(sa.select(statuses).where(statuses.c.quote_approval == approval)):
        quoted = tx.one(sa.select(statuses.c.account_id).where(statuses.c.id == quoting.quoted_id))
        if quoted is not None and quoted.account_id == author_id:
            _revoke(tx, quoting)


def revoke(tx: Tx, quoted_id: int, quoting_id: int) -> None:
    """The author of what is quoted, who was checked, wants it shown no more. Raises HearthError not-found."""
    quoting = tx.one(sa.select(statuses).where(statuses.c.id == quoting_id, statuses.c.quoted_id == quoted_id))
    if quoting is None:
        raise missing()
    _revoke(tx, quoting)


def of(tx: Tx, viewer_id: int | None, quoted_id: int, page: Page) -> list[sa.Row[Any]]:
    """What quotes a status, as far as the viewer may see it."""
    return _OF.rows(tx, page, quoted_id=quoted_id, viewer_id=viewer_id or NOBODY)


def _revoke(tx: Tx, quoting: sa.Row[Any]) -> None:
    removed(tx, quoting)
    state = QuoteState.REVOKED.value
    tx.execute(sa.update(statuses).where(statuses.c.id == quoting.id).values(quote_state=state))
