# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which statuses show pictures, sound or video, in SQL."""

from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.tables import statuses


def with_media(status: Any = statuses) -> "sa.ColumnElement[bool]":
    return sa.cast(status.c.attachments, sa.Text) != "[]"
