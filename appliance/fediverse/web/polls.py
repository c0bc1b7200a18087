# SPDX-License-Identifier: AGPL-3.0-or-later
"""Polls as the pages show them: what was asked, and how it stands. Voting is for apps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.tables import polls as table
from appliance.system.clock import from_milliseconds

__all__ = ["COLUMNS", "Option", "Poll", "of_row", "table"]

COLUMNS = (
    table.c.options.label("poll_options"),
    table.c.tallies.label("poll_tallies"),
    table.c.expires_at.label("poll_expires_at"),
    table.c.hide_totals.label("poll_hides"),
)


@dataclass(frozen=True)
class Option:
    """`votes` and `share`, of a hundred, are None where they are hidden until the end."""

    title: str
    votes: int | None
    share: int | None


@dataclass(frozen=True)
class Poll:
    options: tuple[Option, ...]
    votes: int
    ends_at: datetime | None
    over: bool


def of_row(row: "sa.Row[Any]", now: int) -> Poll | None:
    """`row` has COLUMNS, of the poll of a status or of none; `now` in milliseconds."""
    if row.poll_options is None:
        return None
    over = row.poll_expires_at is not None and row.poll_expires_at <= now
    hidden, total = row.poll_hides and not over, sum(row.poll_tallies)
    options = tuple(
        Option(title, None if hidden else votes, None if hidden else round(100 * votes / total) if total else 0)
        for title, votes in zip(row.poll_options, row.poll_tallies, strict=False)
    )
    ends_at = from_milliseconds(row.poll_expires_at) if row.poll_expires_at is not None else None
    return Poll(options, total, ends_at, over)
