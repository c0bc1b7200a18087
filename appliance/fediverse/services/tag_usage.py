# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is counted when hashtags are used."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import featured_tags, tags
from appliance.fediverse.services.visibility import OPEN

_FRESH = 24 * 3600 * 1000  # what is older when it arrives is no use of today


def note(tx: Tx, author: sa.Row[Any], tag_ids: Sequence[int], visibility: Visibility, created_at: int) -> None:
    """Somebody wrote a status with these."""
    public = visibility is Visibility.PUBLIC and author.silenced_at is None
    if public and created_at > tx.now_ms - _FRESH:
        tags.use(tx, author.id, tag_ids)
    if not author.domain and visibility.value in OPEN:
        featured_tags.used(tx, author.id, tag_ids, created_at)
