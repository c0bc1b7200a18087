# SPDX-License-Identifier: AGPL-3.0-or-later
"""Addresses that may not sign up, only with approval, or not come here at all."""

import ipaddress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import ip_blocks
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.paging import Page, Paged

Row = sa.Row[Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_COMMENT = 2000
MAX_SECONDS = 100 * 365 * 24 * 60 * 60
_PAGE = Paged(sa.select(ip_blocks), ip_blocks.c.id)
_IN_FORCE = sa.select(ip_blocks.c.network, ip_blocks.c.severity).where(
    sa.or_(ip_blocks.c.expires_at.is_(None), ip_blocks.c.expires_at > sa.bindparam("now"))
)


class Severity(Enum):
    NEEDS_APPROVAL = "sign_up_requires_approval"
    NO_SIGN_UP = "sign_up_block"
    NO_ACCESS = "no_access"


@dataclass(frozen=True)
class Change:
    """What is to be so; None leaves a thing as it is. `expires_in` is in seconds."""

    network: str | None = None
    severity: Severity | None = None
    comment: str | None = None
    expires_in: int | None = None


def add(tx: Tx, change: Change, asker: str = "") -> Row:
    """`asker` is the moderator's own address, which she can't lock out. Raises BadInput."""
    _require_elsewhere(change, asker)
    if change.severity is None:
        raise BadInput("Validation failed: Severity can't be blank", "")
    block_id = tx.next_id()
    values = {"comment": "", "network": _free(tx, change.network or "", block_id)} | _values(tx, change, block_id)
    tx.execute(sa.insert(ip_blocks).values(id=block_id, created_at=tx.now_ms, **values))
    return get(tx, block_id)


def change(tx: Tx, block_id: int, change: Change, asker: str = "") -> Row:
    """As `add`. Raises BadInput, HearthError not-found."""
    before = get(tx, block_id)
    wanted = replace(
        change, network=change.network or before.network, severity=change.severity or Severity(before.severity)
    )
    _require_elsewhere(wanted, asker)
    values = _values(tx, change, block_id)
    if values:
        tx.execute(sa.update(ip_blocks).where(ip_blocks.c.id == block_id).values(**values))
    return get(tx, block_id)


def remove(tx: Tx, block_id: int) -> None:
    """Raises HearthError not-found."""
    tx.execute(sa.delete(ip_blocks).where(ip_blocks.c.id == get(tx, block_id).id))


def get(tx: Tx, block_id: int) -> Row:
    row = tx.one(sa.select(ip_blocks).where(ip_blocks.c.id == block_id))
    if row is None:
        raise missing()
    return row


def page(tx: Tx, page: Page) -> list[Row]:
    return _PAGE.rows(tx, page)


def severities(tx: Tx, address: str) -> set[Severity]:
    """All that is in force for an address."""
    return {Severity(row.severity) for row in _in_force(tx) if is_among(address, [_network(row.network)])}


def kept_out(tx: Tx) -> list[Network]:
    """Whose requests are not answered at all."""
    return [_network(row.network) for row in _in_force(tx) if row.severity == Severity.NO_ACCESS.value]


def is_among(address: str, networks: list[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False  # a socket of this machine
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(plain in network for network in networks)


def _require_elsewhere(change: Change, asker: str) -> None:
    try:
        networks = [ipaddress.ip_network((change.network or "").strip(), strict=False)]
    except ValueError:
        return  # said elsewhere
    if change.severity is Severity.NO_ACCESS and is_among(asker, networks):
        raise BadInput("Validation failed: Ip is where you are yourself", "")


def _in_force(tx: Tx) -> list[Row]:
    return tx.all(_IN_FORCE, {"now": tx.now_ms})


def _network(text: str) -> Network:
    return ipaddress.ip_network(text)


def _values(tx: Tx, change: Change, block_id: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.network is not None:
        values["network"] = _free(tx, change.network, block_id)
    if change.severity is not None:
        values["severity"] = change.severity.value
    if change.comment is not None:
        values["comment"] = change.comment[:MAX_COMMENT]
    if change.expires_in is not None:
        values["expires_at"] = tx.now_ms + max(0, min(change.expires_in, MAX_SECONDS)) * 1000
    return values


def _free(tx: Tx, text: str, block_id: int) -> str:
    """The network as it is kept, if no other block has it. Raises BadInput."""
    if not text.strip():
        raise BadInput("Validation failed: Ip can't be blank", "")
    try:
        network = str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise BadInput("Validation failed: Ip is not a valid IP address", "") from None
    if tx.exists(sa.select(ip_blocks.c.id).where(ip_blocks.c.network == network, ip_blocks.c.id != block_id)):
        raise BadInput("Validation failed: Ip has already been taken", "")
    return network
