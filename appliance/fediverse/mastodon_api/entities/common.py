# SPDX-License-Identifier: AGPL-3.0-or-later
"""What all entities are made of."""

from typing import Any

import sqlalchemy as sa

from appliance.system.clock import from_milliseconds

Entity = dict[str, Any]
Row = sa.Row[Any]


def moment(milliseconds: int) -> str:
    """2026-01-31T12:00:00.000Z"""
    return f"{from_milliseconds(milliseconds).isoformat(timespec='milliseconds')[:23]}Z"


def moment_or_none(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else moment(milliseconds)


def text_id(value: int | None) -> str | None:
    return None if value is None else str(value)
