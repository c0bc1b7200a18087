# SPDX-License-Identifier: AGPL-3.0-or-later
"""No timeline may cost more the longer history is: each is read in the order of an index, and nothing is sorted."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.services import notifications, timelines
from appliance.fediverse.services.paging import Page

LISTS: dict[str, Callable[[Tx], Any]] = {
    "home": lambda tx: timelines.home_page(tx, 1, Page()),
    "local": lambda tx: timelines.public(tx, 1, Page(), local=True),
    "federated": lambda tx: timelines.public(tx, 1, Page()),
    "remote": lambda tx: timelines.public(tx, 1, Page(), remote=True),
    "tag": lambda tx: timelines.tag(tx, 1, "tea", Page()),
    "account": lambda tx: timelines.of_account(tx, 1, 2, Page(), replies=False, boosts=False),
    "favourites": lambda tx: timelines.favourites_of(tx, 1, Page()),
    "bookmarks": lambda tx: timelines.bookmarks_of(tx, 1, Page()),
    "notifications": lambda tx: notifications.page(tx, 1, Page()),
}


@pytest.mark.parametrize("name", LISTS)
def test_reading_is_a_look_up_in_an_index(database: Database, name: str) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *details: asked.append((details[2], details[3])))
    with database.read() as tx:
        LISTS[name](tx)
        statement, parameters = next(each for each in asked if each[0].startswith("SELECT"))
        plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    steps = [row[3] for row in plan]
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps
