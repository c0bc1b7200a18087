# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import collections, tags, tombstones, trend_reviews
from appliance.fediverse.services import accounts, collection_items, follows, leftovers, remote_collections
from appliance.fediverse.services import statuses as status_service
from appliance.fediverse.services import tags as tag_service
from appliance.fediverse.services.remote import RemoteCollection
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person, remote_account

MONTH = timedelta(days=30)


def sweep(database: Database) -> None:
    """To the end of all kinds, in steps."""
    for kind in leftovers.KINDS:
        after = kind.start
        while after is not None:
            with database.write() as tx:
                found = kind.look(tx, after, MONTH)
                kind.remove(tx, found.gone)
            after = found.after


def kept(database: Database, column: "sa.Column[Any]") -> list[Any]:
    with database.read() as tx:
        return sorted(row[0] for row in tx.all(sa.select(column)))


def test_that_posts_of_elsewhere_were_deleted_is_forgotten_and_of_ours_never(
    anna: Person, database: Database, clock: VirtualClock, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "STEP", 2)
    status = anna.toot("x")
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    with database.write() as tx:
        for number in range(5):
            status_service.delete_remote(tx, urls, 1, f"https://far.example/{number}")
    clock.advance(29 * 24 * 3600)
    with database.write() as tx:
        status_service.delete_remote(tx, urls, 1, "https://far.example/young")
    sweep(database)
    assert len(kept(database, tombstones.c.uri)) == 7
    clock.advance(2 * 24 * 3600)
    sweep(database)
    assert kept(database, tombstones.c.uri) == ["https://far.example/young", f"local:{status['id']}"]


def test_hashtags_that_nothing_has_go(
    anna: Person, database: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leftovers, "STEP", 2)
    anna.toot("#used")
    gone = anna.toot("#gone #kept", visibility="unlisted")
    anna.post("/api/v1/tags/followed/follow")
    anna.post("/api/v1/tags/featured/feature")
    with database.write() as tx:
        for name in ("reviewed", *"abcde"):
            tag_service.known(tx, name)
        values = {"kind": "tag", "subject": "reviewed", "allowed": False, "reviewed_at": tx.now_ms}
        tx.execute(sa.insert(trend_reviews).values(**values))
    anna.ask("PUT", f"/api/v1/statuses/{gone['id']}", json={"status": "#kept"})
    sweep(database)
    assert len(kept(database, tags.c.name)) == 11, "young ones may be needed in a moment"
    clock.advance(2 * 24 * 3600)
    sweep(database)
    assert kept(database, tags.c.name) == ["featured", "followed", "kept", "reviewed", "used"]


def test_collections_that_nobody_here_has_to_do_with_go(
    anna: Person, bob: Person, database: Database, clock: VirtualClock, urls: Urls
) -> None:
    own = anna.post("/api/v1/collections", {"name": "own"})["collection"]
    with database.write() as tx:
        made = {}
        for name in ("nobody", "followed", "granted", "left"):
            owner = accounts.store_remote(tx, remote_account(name))
            told = RemoteCollection(uri=f"https://far.example/{name}", name=name)
            made[name] = owner, remote_collections.store(tx, owner, told)
        follows.follow(tx, urls, anna.id, made["followed"][0])
        for name in ("granted", "left"):
            owner, collection_id = made[name]
            item_id = collection_items.grant(tx, collection_id, owner, bob.id)
        collection_items.leave(tx, urls, bob.id, collection_id, item_id)
    sweep(database)
    assert len(kept(database, collections.c.id)) == 5
    clock.advance(31 * 24 * 3600)
    sweep(database)
    assert kept(database, collections.c.name) == ["followed", "granted", "left", "own"]
    assert anna.get(f"/api/v1/collections/{own['id']}")["collection"]["name"] == "own"


def test_looking_takes_indexes_alone(context: Context) -> None:
    if context.database.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's plans")
    asked: list[tuple[str, Any]] = []
    with context.database.write() as tx:
        tag_service.known(tx, "old")
        owner = accounts.store_remote(tx, remote_account("rita"))
        remote_collections.store(tx, owner, RemoteCollection(uri="https://far.example/1", name="x"))
    assert isinstance(context.clock, VirtualClock)
    context.clock.advance(40 * 24 * 3600)
    sa.event.listen(context.database.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with context.database.write() as tx:
        for kind in leftovers.KINDS:
            kind.look(tx, kind.start, MONTH)
        looks = [each for each in asked if each[0].startswith("SELECT")]
        assert len(looks) >= 5
        for statement, parameters in looks:
            plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not [row[3] for row in plan if row[3].startswith(("SCAN", "USE TEMP"))], statement
