# SPDX-License-Identifier: AGPL-3.0-or-later
"""Throttles: some failures are free, then each makes the next try wait longer.

They are kept in the database, so a restart helps nobody."""

import ipaddress
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import throttles

WINDOW_SECONDS = 15 * 60
_FIRST_WAIT_SECONDS = 15
# Rows are made by strangers, so what they may put into a key is short.
_LONGEST_KEY = 100


@dataclass(frozen=True)
class Throttle:
    """`key` names whom is counted, `free` how often it may fail before waits begin."""

    key: str
    free: int


class TooManyTries(HearthError):
    """`retry_after` is in seconds, for the header of that name."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "too-many-tries", "That was tried too often.", f"Wait {_in_words(retry_after)} and try again.", status=429
        )
        self.retry_after = retry_after


def by_account(purpose: str, username: str, *, free: int = 5) -> Throttle:
    return Throttle(f"{purpose} account {username}"[:_LONGEST_KEY], free)


def by_address(purpose: str, address: str, *, free: int = 20) -> Throttle:
    """More is free than for one account: a whole household asks from one address. IPv6 counts by its /64."""
    return Throttle(f"{purpose} address {_network(address)}"[:_LONGEST_KEY], free)


def check(tx: Tx, *limits: Throttle) -> None:
    """Raise TooManyTries (429) if one of them has to wait still."""
    wait = max((_wait_seconds(tx, limit) for limit in limits), default=0)
    if wait > 0:
        raise TooManyTries(wait)


def fail(tx: Tx, *limits: Throttle) -> None:
    """Count one failure more. The window slides: it begins anew with each failure."""
    tx.execute(sa.delete(throttles).where(throttles.c.since < tx.now_ms - WINDOW_SECONDS * 1000))
    for limit in limits:
        counted = tx.execute(
            sa.update(throttles)
            .where(throttles.c.key == limit.key)
            .values(count=throttles.c.count + 1, since=tx.now_ms)
        )
        if counted.rowcount == 0:
            tx.execute(sa.insert(throttles).values(key=limit.key, since=tx.now_ms, count=1))


def attempt(tx: Tx, *limits: Throttle) -> None:
    """`check` and `fail` in one: a try counts as failed until `clear` or `forgive` says otherwise, so a hundred
    tries at the same moment are a hundred tries. Raises TooManyTries."""
    check(tx, *limits)
    fail(tx, *limits)


def clear(tx: Tx, limit: Throttle) -> None:
    """Forget all failures."""
    tx.execute(sa.delete(throttles).where(throttles.c.key == limit.key))


def forgive(tx: Tx, limit: Throttle) -> None:
    """Take back one failure."""
    tx.execute(
        sa.update(throttles)
        .where(throttles.c.key == limit.key, throttles.c.count > 0)
        .values(count=throttles.c.count - 1)
    )


def _wait_seconds(tx: Tx, limit: Throttle) -> int:
    row = tx.one(sa.select(throttles.c.since, throttles.c.count.label("failures")).where(throttles.c.key == limit.key))
    if row is None or row.failures < limit.free:
        return 0
    passed = (tx.now_ms - row.since) / 1000
    if passed < 0 or passed >= WINDOW_SECONDS:  # long ago; or the clock was corrected and it is not known
        return 0
    wait = min(WINDOW_SECONDS, _FIRST_WAIT_SECONDS << min(row.failures - limit.free, 10))
    return max(0, -int(-(wait - passed) // 1))


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _in_words(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} seconds" if seconds != 1 else "a second"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes != 1 else "a minute"
