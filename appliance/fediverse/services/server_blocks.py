# SPDX-License-Identifier: AGPL-3.0-or-later
"""Servers that this one has nothing, or little, to do with, and those it keeps to where federation is limited.

A domain stands for all below it. What a block does is written into the accounts of its servers (`suspended_at` or
`silenced_at` is then the block's own moment, by which it is taken back), so that nothing need be looked up on the way
of a post. Only what is new here asks (server_policy.py).
"""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import accounts, server_allows, server_blocks
from appliance.fediverse.services import rejected_media, ties
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged
from appliance.fediverse.services.server_policy import Severity, covering, is_limited, with_parents

Row = sa.Row[Any]

LIMITED = 1  # `suspended_at` of accounts that are out only because federation is limited
MAX_COMMENT = 2000
_DOMAIN = re.compile(r"(?=.{1,255}$)[a-z0-9_](?:[a-z0-9_-]*)(?:\.[a-z0-9_-]+)*(?::\d{1,5})?")
_BY_ID = sa.select(server_blocks).where(server_blocks.c.id == sa.bindparam("id"))
_PAGE = Paged(sa.select(server_blocks), server_blocks.c.id)


_STRICTNESS = list(Severity)


@dataclass(frozen=True)
class Terms:
    """How a server is dealt with. `obfuscate`: its name is shown to the public with some letters starred."""

    severity: Severity = Severity.SILENCE
    reject_media: bool = False
    reject_reports: bool = False
    obfuscate: bool = False
    private_comment: str | None = None
    public_comment: str | None = None


class Covered(HearthError):
    """There is a block already that is as strict; `existing` is its row."""

    def __init__(self, existing: Row) -> None:
        super().__init__(
            "already-blocked", f"You have already imposed stricter limits on {existing.domain}.", status=422
        )
        self.existing = existing


def add(tx: Tx, domain: str, terms: Terms) -> int:
    """Raises BadInput, Covered."""
    name = normal(domain)
    existing = covering(tx, name)
    if existing is not None and (existing.domain == name or not _stricter(terms, terms_of(existing))):
        raise Covered(existing)
    block_id = tx.next_id()
    tx.execute(sa.insert(server_blocks).values(id=block_id, domain=name, created_at=tx.now_ms, **_values(terms)))
    _apply(tx, get(tx, block_id))
    return block_id


def change(tx: Tx, block_id: int, terms: Terms) -> None:
    """Raises HearthError not-found."""
    before = get(tx, block_id)
    tx.execute(sa.update(server_blocks).where(server_blocks.c.id == block_id).values(**_values(terms)))
    if before.severity != terms.severity.value or terms.reject_media:
        _lift(tx, before)
        _reapply(tx, before.domain)


def remove(tx: Tx, block_id: int) -> None:
    """Raises HearthError not-found. Follows that were severed stay so."""
    block = get(tx, block_id)
    tx.execute(sa.delete(server_blocks).where(server_blocks.c.id == block_id))
    _lift(tx, block)
    _reapply(tx, block.domain)


def get(tx: Tx, block_id: int) -> Row:
    row = tx.one(_BY_ID, {"id": block_id})
    if row is None:
        raise missing()
    return row


def page(tx: Tx, page: Page) -> list[Row]:
    return _PAGE.rows(tx, page)


def shown(tx: Tx) -> list[Row]:
    """Those that people are told of: what does nothing to what they see is the moderators' own note."""
    felt = server_blocks.c.severity != Severity.NOOP.value
    return tx.all(
        sa.select(server_blocks).where(felt).order_by(server_blocks.c.severity.desc(), server_blocks.c.domain)
    )


def enforce_limits(tx: Tx) -> None:
    """Write into all accounts of elsewhere whether they are out because federation is limited."""
    tx.execute(sa.update(accounts).where(accounts.c.suspended_at == LIMITED).values(suspended_at=None))
    if not is_limited(tx):
        return
    allowed = [of_domain(row.domain) for row in tx.all(sa.select(server_allows.c.domain))]
    out = sa.and_(accounts.c.domain != "", accounts.c.suspended_at.is_(None), sa.not_(sa.or_(sa.false(), *allowed)))
    tx.execute(sa.update(accounts).where(out).values(suspended_at=LIMITED))
    ties.cut(tx, accounts.c.suspended_at == LIMITED)


def normal(domain: str) -> str:
    """In lower case and ASCII. Raises BadInput for what is no domain."""
    name = domain.strip().lower().removeprefix("https://").removeprefix("*.").strip("/").rstrip(".")
    if not name:
        raise BadInput("Validation failed: Domain can't be blank", "")
    try:
        name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise BadInput("Validation failed: Domain is not a valid domain name", "")
    return name


def of_domain(domain: str) -> "sa.ColumnElement[bool]":
    """True for accounts of this domain and of those below it."""
    escaped = domain.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    return sa.or_(
        accounts.c.domain == domain,
        accounts.c.domain.like(f"%.{escaped}", escape="\\"),
        accounts.c.domain.like(f"{escaped}:%", escape="\\"),
    )


def terms_of(row: Row) -> Terms:
    return Terms(
        Severity(row.severity),
        row.reject_media,
        row.reject_reports,
        row.obfuscate,
        row.private_comment,
        row.public_comment,
    )


def _values(terms: Terms) -> dict[str, Any]:
    if any(len(each or "") > MAX_COMMENT for each in (terms.private_comment, terms.public_comment)):
        raise BadInput(f"Validation failed: Comment is too long (maximum is {MAX_COMMENT} characters)", "")
    return {**vars(terms), "severity": terms.severity.value}


def _stricter(terms: Terms, than: Terms) -> bool:
    if terms.severity is Severity.SUSPEND:
        return True
    if _STRICTNESS.index(terms.severity) < _STRICTNESS.index(than.severity):
        return False
    return (terms.reject_media or not than.reject_media) and (terms.reject_reports or not than.reject_reports)


def _apply(tx: Tx, block: Row) -> None:
    theirs = of_domain(block.domain)
    if block.severity == Severity.SUSPEND.value:
        marked = sa.and_(theirs, accounts.c.suspended_at.is_(None))
        tx.execute(sa.update(accounts).where(marked).values(suspended_at=block.created_at))
        ties.cut(tx, theirs, block.domain)
    elif block.severity == Severity.SILENCE.value:
        marked = sa.and_(theirs, accounts.c.silenced_at.is_(None))
        tx.execute(sa.update(accounts).where(marked).values(silenced_at=block.created_at))
    if block.reject_media or block.severity == Severity.SUSPEND.value:
        rejected_media.drop(tx, theirs, block.domain)


def _lift(tx: Tx, block: Row) -> None:
    theirs = of_domain(block.domain)
    for column in (accounts.c.suspended_at, accounts.c.silenced_at):
        tx.execute(sa.update(accounts).where(theirs, column == block.created_at).values({column: None}))


def _reapply(tx: Tx, domain: str) -> None:
    """Other blocks may hold for some of the same accounts."""
    for row in tx.all(sa.select(server_blocks)):
        if domain in with_parents(row.domain) or row.domain in with_parents(domain):
            _apply(tx, row)
