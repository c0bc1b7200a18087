# SPDX-License-Identifier: AGPL-3.0-or-later
"""What was learned of other servers: since when one does not answer, and which form of signature it understands."""

from datetime import timedelta

import sqlalchemy as sa

from appliance.fediverse.activitypub.signatures import Form
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import deliveries, hosts
from appliance.fediverse.db.topics import Topic
from appliance.system.clock import milliseconds

# A server that was silent for so long gets a letter now and then to see whether it is back, and all else is dropped.
GIVEN_UP = timedelta(days=7)
_HOST = hosts.c.host == sa.bindparam("name")
_FORM = sa.select(hosts.c.signs).where(_HOST)
_RESTING = sa.select(hosts.c.host, hosts.c.retry_at, hosts.c.down_since).where(hosts.c.retry_at > sa.bindparam("now"))


def form(tx: Tx, host: str) -> Form | None:
    """None while it is not known."""
    found = tx.execute(_FORM, {"name": host}).scalar_one_or_none()
    return None if found is None else Form(found)


def learn(tx: Tx, host: str, form: Form) -> None:
    _put(tx, host, signs=form.value)


def silent(tx: Tx, host: str, failures: int, retry_at: int) -> None:
    """It did not answer, now for the `failures`th time."""
    since = sa.func.coalesce(hosts.c.down_since, tx.now_ms)
    changed = tx.execute(
        sa.update(hosts).where(_HOST).values(failures=failures, retry_at=retry_at, down_since=since), {"name": host}
    )
    if changed.rowcount == 0:
        _put(tx, host, failures=failures, retry_at=retry_at, down_since=tx.now_ms)


def answered(tx: Tx, host: str) -> None:
    """It is there after all. Nothing is written for those who always were."""
    tx.execute(
        sa.update(hosts).where(_HOST, hosts.c.failures > 0).values(failures=0, retry_at=None, down_since=None),
        {"name": host},
    )


def is_back(tx: Tx, host: str) -> None:
    """It was heard of: what waits for it need wait no longer."""
    if tx.exists(sa.select(hosts.c.host).where(_HOST, hosts.c.failures > 0), {"name": host}):
        answered(tx, host)
        tx.execute(sa.update(deliveries).where(deliveries.c.host == host).values(due_at=tx.now_ms))
        tx.topics.add(Topic.DELIVERIES)


def resting(tx: Tx) -> dict[str, int | None]:
    """When those that are down may be tried again; None for those that nothing more is kept for."""
    given_up = milliseconds(tx.now - GIVEN_UP)
    rows = tx.all(_RESTING, {"now": tx.now_ms})
    return {row.host: None if row.down_since < given_up else row.retry_at for row in rows}


def _put(tx: Tx, host: str, **values: object) -> None:
    changed = tx.execute(sa.update(hosts).where(_HOST).values(**values), {"name": host})
    if changed.rowcount == 0:
        tx.execute(sa.insert(hosts).values(host=host, **values))
