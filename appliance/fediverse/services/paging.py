# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of long lists, by id: https://docs.joinmastodon.org/api/guidelines/#pagination"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.db.database import Tx

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Page:
    """Items with `since_id` < id < `max_id`, the newest first; with `min_id` those right above it instead."""

    limit: int = 20
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None


class Paged:
    """A query and the column it is paged by, built once in both directions."""

    def __init__(self, query: "sa.Select[Any]", key: "sa.ColumnElement[int]") -> None:
        bounded = query.where(key < sa.bindparam("max_id"), key > sa.bindparam("least_id")).limit(sa.bindparam("count"))
        self._newest = bounded.order_by(key.desc())
        self._oldest = bounded.order_by(key.asc())

    def rows(self, tx: Tx, page: Page, **parameters: Any) -> list[sa.Row[Any]]:
        """The page's rows, newest first."""
        least = page.since_id if page.min_id is None else page.min_id
        parameters |= {
            "max_id": LARGEST_ID if page.max_id is None else page.max_id,
            "least_id": -1 if least is None else least,
            "count": page.limit,
        }
        if page.min_id is None:
            return tx.all(self._newest, parameters)
        return tx.all(self._oldest, parameters)[::-1]
