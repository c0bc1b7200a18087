# SPDX-License-Identifier: AGPL-3.0-or-later
"""E-mail addresses that nobody may sign up with: all of a domain's, or single ones known by their hash alone."""

import hashlib
import re
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import email_blocks, email_domain_blocks
from appliance.fediverse.services import server_blocks
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged

Row = sa.Row[Any]

_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@.]+(?:\.[^\s@.]+)+")
_HASH = re.compile(r"[0-9a-f]{64}")
_ADDRESSES = Paged(sa.select(email_blocks), email_blocks.c.id)
_DOMAINS = Paged(sa.select(email_domain_blocks), email_domain_blocks.c.id)


def is_address(text: str) -> bool:
    return len(text) <= 320 and _ADDRESS.fullmatch(text) is not None


def canonical_hash(address: str) -> str:
    """SHA-256 of the address in lower case, without the dots and what follows a plus in its first part."""
    name, _, domain = address.strip().lower().rpartition("@")
    name = name.partition("+")[0].replace(".", "")
    return hashlib.sha256(f"{name}@{domain}".encode()).hexdigest()


def is_blocked(tx: Tx, address: str) -> bool:
    domain = address.strip().lower().rpartition("@")[2]
    parents = [".".join(domain.split(".")[start:]) for start in range(domain.count(".") + 1)]
    if tx.exists(sa.select(email_domain_blocks.c.id).where(email_domain_blocks.c.domain.in_(parents))):
        return True
    return bool(matching(tx, address))


def matching(tx: Tx, address: str) -> list[Row]:
    """The blocks of single addresses that this one meets."""
    return tx.all(sa.select(email_blocks).where(email_blocks.c.hash == canonical_hash(address)))


def block_address(tx: Tx, address: str | None, given_hash: str | None) -> Row:
    """An address, or its hash alone. Raises BadInput."""
    digest = canonical_hash(address) if address else (given_hash or "").lower()
    if not digest:
        raise BadInput("Validation failed: Canonical email hash can't be blank", "")
    if not _HASH.fullmatch(digest):
        raise BadInput("Validation failed: Canonical email hash is invalid", "")
    if tx.exists(sa.select(email_blocks.c.id).where(email_blocks.c.hash == digest)):
        raise BadInput("Validation failed: Canonical email hash has already been taken", "")
    block_id = tx.next_id()
    tx.execute(sa.insert(email_blocks).values(id=block_id, hash=digest, created_at=tx.now_ms))
    return get(tx, email_blocks, block_id)


def block_domain(tx: Tx, domain: str) -> Row:
    """Raises BadInput."""
    name = server_blocks.normal(domain)
    if tx.exists(sa.select(email_domain_blocks.c.id).where(email_domain_blocks.c.domain == name)):
        raise BadInput("Validation failed: Domain has already been taken", "")
    block_id = tx.next_id()
    tx.execute(sa.insert(email_domain_blocks).values(id=block_id, domain=name, created_at=tx.now_ms))
    return get(tx, email_domain_blocks, block_id)


def get(tx: Tx, table: sa.Table, block_id: int) -> Row:
    """Raises HearthError not-found."""
    row = tx.one(sa.select(table).where(table.c.id == block_id))
    if row is None:
        raise missing()
    return row


def remove(tx: Tx, table: sa.Table, block_id: int) -> None:
    """Raises HearthError not-found."""
    tx.execute(sa.delete(table).where(table.c.id == get(tx, table, block_id).id))


def addresses(tx: Tx, page: Page) -> list[Row]:
    return _ADDRESSES.rows(tx, page)


def domains(tx: Tx, page: Page) -> list[Row]:
    return _DOMAINS.rows(tx, page)
