# SPDX-License-Identifier: AGPL-3.0-or-later
"""How much of other servers' things is kept, and for how long. Of members' own things nothing is said: they stay."""

import re
from dataclasses import dataclass

import sqlalchemy as sa

from appliance.errors import BadInput
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import instance

MEGABYTE = 1024 * 1024
_DAY = 24 * 60 * 60 * 1000
# Keys of `instance.set`: what they are from the beginning, and the least and the most.
_KEYS = {
    "kept_media_megabytes": (2000, 0, 10_000_000),
    "kept_media_days": (30, 1, 3650),
    "remote_posts_days": (90, 7, 3650),
    "free_floor_megabytes": (1000, 50, 10_000_000),
}
KEYS = tuple(_KEYS)
_READ = sa.select(instance.c.key, instance.c.value).where(instance.c.key.in_(KEYS))


@dataclass(frozen=True)
class Housekeeping:
    """Bytes and milliseconds. `free_floor` is what must stay free on the disk: below it other servers' media go."""

    kept_media: int
    kept_media_age: int
    remote_posts_age: int
    free_floor: int


def get(tx: Tx) -> Housekeeping:
    kept = _numbers(tx)
    return Housekeeping(
        kept_media=kept["kept_media_megabytes"] * MEGABYTE,
        kept_media_age=kept["kept_media_days"] * _DAY,
        remote_posts_age=kept["remote_posts_days"] * _DAY,
        free_floor=kept["free_floor_megabytes"] * MEGABYTE,
    )


def as_texts(tx: Tx) -> dict[str, str]:
    """Every key with its value as `instance.set` takes it."""
    return {key: str(value) for key, value in _numbers(tx).items()}


def put(tx: Tx, key: str, value: str) -> None:
    """Raises BadInput."""
    _, least, most = _KEYS[key]
    number = int(value) if re.fullmatch(r"[0-9]{1,9}", value.strip()) else -1
    if not least <= number <= most:
        raise BadInput(f"{key} is a number from {least} to {most}.", "Give such a one.", key=f"bad-{key}")
    changed = tx.execute(sa.update(instance).where(instance.c.key == key).values(value=number))
    if not changed.rowcount:
        tx.execute(sa.insert(instance).values(key=key, value=number))


def _numbers(tx: Tx) -> dict[str, int]:
    stored = {row.key: row.value for row in tx.all(_READ)}
    return {key: int(stored.get(key, default)) for key, (default, _, _) in _KEYS.items()}
