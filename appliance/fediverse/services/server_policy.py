# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which other servers this one deals with, and how: only looked up. Asked for what is new here, as an account never
seen or a document to be fetched; all else is written into the accounts (see server_blocks.py)."""

import contextlib
from collections.abc import Iterator
from enum import Enum
from typing import Any

import sqlalchemy as sa

from appliance.errors import Refused
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import instance, server_allows, server_blocks

Row = sa.Row[Any]

_LONGEST_NAME = 253  # that a host can have
LIMITED_FEDERATION = "limited"  # the setting "federation"; else it is "open"
_COVERING = (
    sa.select(server_blocks)
    .where(server_blocks.c.domain.in_(sa.bindparam("domains", expanding=True)))
    .order_by(sa.func.length(server_blocks.c.domain).desc())
)
_ALLOWED = sa.select(server_allows.c.id).where(server_allows.c.domain.in_(sa.bindparam("domains", expanding=True)))
_MODE = sa.select(instance.c.value).where(instance.c.key == "federation")


class Severity(Enum):
    NOOP = "noop"
    SILENCE = "silence"
    SUSPEND = "suspend"


def covering(tx: Tx, host: str) -> Row | None:
    """The block that holds for this host: the one nearest to its name."""
    rows = tx.all(_COVERING, {"domains": list(with_parents(host))})
    return rows[0] if rows else None


def refuses(tx: Tx, host: str) -> bool:
    """Whether nothing is asked of, sent to or taken from this host."""
    block = covering(tx, host)
    if block is not None and block.severity == Severity.SUSPEND.value:
        return True
    return is_limited(tx) and not tx.exists(_ALLOWED, {"domains": list(with_parents(host))})


def require(tx: Tx, host: str) -> None:
    """Raises Refused server-refused."""
    if refuses(tx, host):
        raise Refused("server-refused", "This server has nothing to do with that one.")


def rejects_media(tx: Tx, host: str) -> bool:
    block = covering(tx, host)
    return block is not None and (block.reject_media or block.severity == Severity.SUSPEND.value)


def rejects_reports(tx: Tx, host: str) -> bool:
    block = covering(tx, host)
    return block is not None and (block.reject_reports or block.severity == Severity.SUSPEND.value)


def standing(tx: Tx, host: str) -> dict[str, int]:
    """Columns of an account that is new here. Raises Refused server-refused."""
    require(tx, host)
    block = covering(tx, host)
    return {"silenced_at": block.created_at} if block is not None and block.severity == Severity.SILENCE.value else {}


def is_limited(tx: Tx) -> bool:
    """Whether only servers that were allowed exist for this one."""
    row = tx.one(_MODE)
    return row is not None and row.value == LIMITED_FEDERATION


def canonical(host: str) -> str:
    """The one spelling of a host's name, port and all: in lower case and ASCII, and without a dot at the end. What
    can't be spelled so stays as it is: nothing answers there."""
    name, colon, port = host.lower().partition(":") if not host.startswith("[") else (host.lower(), "", "")
    with contextlib.suppress(UnicodeError):
        name = name if name.isascii() or len(name) > _LONGEST_NAME else name.encode("idna").decode().lower()
    return f"{name.rstrip('.')}{colon}{port}"


def with_parents(host: str) -> Iterator[str]:
    name = canonical(host)
    if ":" in name:
        yield name
        name = name.rpartition(":")[0]
    while name:
        yield name
        name = name.partition(".")[2]
