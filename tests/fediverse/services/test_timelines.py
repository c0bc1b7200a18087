# SPDX-License-Identifier: AGPL-3.0-or-later
"""No timeline may cost more the longer history is: each is read in the order of an index, and nothing is sorted."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.db.tables import accounts, cards, lists, tags
from appliance.fediverse.services import discovery, notifications, profile_posts, search, timelines
from appliance.fediverse.services.paging import Page
from appliance.fediverse.services.profile_posts import Wanted
from appliance.fediverse.services.search import Window
from appliance.fediverse.services.search_query import parse
from appliance.fediverse.services.timelines import Narrow, Tags
from appliance.fediverse.urls import Urls

URLS = Urls("https://here.example", True)

LISTS: dict[str, Callable[[Tx], Any]] = {
    "home": lambda tx: timelines.home_page(tx, 1, Page()),
    "list": lambda tx: timelines.list_page(tx, 1, 1, Page()),
    "local": lambda tx: timelines.public(tx, 1, Page(), Narrow(local=True)),
    "federated": lambda tx: timelines.public(tx, 1, Page()),
    "remote": lambda tx: timelines.public(tx, 1, Page(), Narrow(remote=True, only_media=True)),
    "tag": lambda tx: timelines.tag(tx, 1, Tags(any=["tea"], all=["coffee"], none=["milk"]), Page()),
    "link": lambda tx: timelines.link(tx, 1, "https://far.example/", Page()),
    "direct": lambda tx: timelines.direct(tx, 1, Page()),
    "search": lambda tx: search.find_statuses(tx, URLS, 1, parse("tea -milk"), Window()),
    "search without words": lambda tx: search.find_statuses(tx, URLS, 1, parse("has:poll -milk"), Window()),
    "search of one author": lambda tx: search.find_statuses(tx, URLS, 1, parse("from:me is:reply"), Window()),
    "directory": lambda tx: discovery.directory(tx, 1, 40, 0),
    "account": lambda tx: profile_posts.page(tx, 1, 2, Page()),
    "account without boosts": lambda tx: profile_posts.page(tx, 1, 2, Page(), Wanted(replies=False, boosts=False)),
    "account with media": lambda tx: profile_posts.page(tx, 1, 2, Page(), Wanted(only_media=True)),
    "account with a tag": lambda tx: profile_posts.page(tx, 1, 2, Page(), Wanted(tagged="tea")),
    "favourites": lambda tx: timelines.favourites_of(tx, 1, Page()),
    "bookmarks": lambda tx: timelines.bookmarks_of(tx, 1, Page()),
    "notifications": lambda tx: notifications.page(tx, 1, Page()),
}


@pytest.fixture
def filled(database: Database) -> Database:
    """With a member, a list, a tag and a link, all of number 1, that there is something to look for."""
    with database.write() as tx:
        tx.execute(
            sa.insert(accounts).values(id=1, username="a", username_key="a", fields=[], public_key="", created_at=0)
        )
        tx.execute(sa.insert(lists).values(id=1, account_id=1, title="x", replies_policy="none"))
        tx.execute(
            sa.insert(tags), [{"id": each, "name": name} for each, name in enumerate(("tea", "coffee", "milk"), 1)]
        )
        tx.execute(sa.insert(cards).values(id=1, url="https://far.example/", fetched_at=0))
    return database


def _slow_steps(tx: Tx, statement: str, parameters: Any) -> list[str]:
    """What of a question takes the longer the more there is: reading all of a table, and sorting."""
    if tx.connection.dialect.name == "postgresql":
        for setting in ("seqscan", "sort", "bitmapscan"):  # off: only where there is no other way
            tx.connection.exec_driver_sql(f"SET LOCAL enable_{setting} = off")
        plan = [row[0] for row in tx.connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
        # An incremental sort puts only those in order that the index holds to be equal.
        return [step for step in plan if "Seq Scan" in step or ("Sort  " in step and "Incremental" not in step)]
    plan = [row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    # An index of words says of itself that it scans, and gives what it finds in order.
    scans = [step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step]
    return scans + [step for step in plan if "TEMP B-TREE" in step]


@pytest.mark.parametrize("name", LISTS)
def test_reading_is_a_look_up_in_an_index(filled: Database, name: str) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(filled.engine, "before_cursor_execute", lambda *details: asked.append((details[2], details[3])))
    with filled.read() as tx:
        LISTS[name](tx)
        read = [each for each in asked if each[0].startswith("SELECT")]
        assert read
        for statement, parameters in read:
            assert not _slow_steps(tx, statement, parameters)
