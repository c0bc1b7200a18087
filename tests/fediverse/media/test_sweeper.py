# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whatever the sweeper is told, what members made stays."""

import asyncio
import io
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.config import Config
from appliance.errors import BadInput, HearthError
from appliance.fediverse.context import Context
from appliance.fediverse.db.tables import accounts as account_table
from appliance.fediverse.db.tables import kept_media, media, statuses
from appliance.fediverse.media.store import Shelf
from appliance.fediverse.media.strength import Strength
from appliance.fediverse.media.sweeper import PARTS, Sweeper
from appliance.fediverse.media.usage import UsageNote
from appliance.fediverse.media.work import work_on_next
from appliance.fediverse.media.workshop import Workshop
from appliance.fediverse.model import MediaPurpose, MediaState, Visibility
from appliance.fediverse.services import accounts, bookmarks, boosts, favourites, follows, housekeeping, pruning
from appliance.fediverse.services import kept_media as kept_service
from appliance.fediverse.services import statuses as status_service
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from appliance.system.files import VirtualFiles
from appliance.system.runner import SystemRunner
from tests.fediverse.conftest import Person, remote_account
from tests.fediverse.media_files import picture, see, upload

MEGABYTE = 1024 * 1024
YEAR = timedelta(days=365).total_seconds()


class Disk(VirtualFiles):
    free = 100_000 * MEGABYTE

    def free_bytes(self, path: Path) -> int:
        return self.free


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def context(context: Context, disk: Disk) -> Context:
    return replace(context, files=disk)


@pytest.fixture
def sweeper(context: Context) -> Sweeper:
    return Sweeper(context, UsageNote(), Strength(context.clock))


def to_the_end(sweeper: Sweeper) -> None:
    while sweeper.sweep():
        pass


def keep(context: Context, number: int, size: int = MEGABYTE) -> str:
    """Something of another server's, `number` hours ago; the name of its file."""
    store = context.store
    name, file = store.receive()
    with file:
        file.write(b"\xff\xd8\xff")
    stored = store.keep(Shelf.KEPT, store.incoming(name), "jpg")
    with context.database.write() as tx:
        kept_service.want(tx, MediaPurpose.ATTACHMENT, f"https://far.example/{number}")
        row = kept_service.find(tx, MediaPurpose.ATTACHMENT, f"https://far.example/{number}")
        assert row is not None
        kept_service.arrived(tx, row, stored, None, size)
        used = tx.now_ms - number * 3_600_000
        tx.execute(sa.update(kept_media).where(kept_media.c.id == row.id).values(last_used_at=used))
    return stored


def urls_kept(context: Context) -> list[str]:
    with context.database.read() as tx:
        rows = tx.all(sa.select(kept_media.c.remote_url, kept_media.c.file))
    assert all((context.config.fediverse_state / "media/kept" / row.file).exists() for row in rows)
    return sorted(row.remote_url.rpartition("/")[2] for row in rows)


def test_over_the_budget_those_unused_for_longest_go(context: Context, sweeper: Sweeper) -> None:
    names = [keep(context, number) for number in range(5)]
    with context.database.write() as tx:
        housekeeping.put(tx, "kept_media_megabytes", "3")
    to_the_end(sweeper)
    assert urls_kept(context) == ["0", "1", "2"]
    assert not (context.config.fediverse_state / "media/kept" / names[4]).exists()
    assert sweeper._note.latest.kept_media == 3 * MEGABYTE


def test_what_nobody_looked_at_for_a_month_goes(context: Context, sweeper: Sweeper) -> None:
    for number in (0, 24 * 29, 24 * 31):
        keep(context, number)
    to_the_end(sweeper)
    assert urls_kept(context) == ["0", str(24 * 29)]


def test_when_the_disk_is_nearly_full_room_is_made_at_once(context: Context, sweeper: Sweeper, disk: Disk) -> None:
    for number in range(100):
        keep(context, number)
    disk.free = 990 * MEGABYTE
    sweeper.sweep()
    assert len(urls_kept(context)) == 90
    disk.free = 0
    sweeper.sweep()
    sweeper.sweep()
    assert urls_kept(context) == []


def test_on_a_disk_without_any_room_files_go_although_nothing_can_be_noted(
    context: Context, sweeper: Sweeper, disk: Disk, monkeypatch: pytest.MonkeyPatch, config: Config
) -> None:
    name = keep(context, 5)
    disk.free = 0

    def full() -> Any:
        raise HearthError("disk-full", "The server's disk is full.", status=507)

    monkeypatch.setattr(context.database, "write", full)
    assert asyncio.run(sweeper.turn()) > 0
    assert not (config.fediverse_state / "media/kept" / name).exists()
    monkeypatch.undo()
    to_the_end(sweeper)
    assert urls_kept(context) == []


def test_what_a_power_cut_left_is_found(
    context: Context, sweeper: Sweeper, config: Config, clock: VirtualClock
) -> None:
    kept = keep(context, 0)
    store, folder = context.store, config.fediverse_state / "media"
    strays = []
    for shelf in Shelf:
        name, file = store.receive()
        file.close()
        strays.append(folder / shelf.value / store.keep(shelf, store.incoming(name), "jpg"))
    name, file = store.receive()
    file.close()
    strays.append(store.incoming(name))
    young = clock.now().timestamp()
    for path in (*strays, folder / "kept" / kept):
        os.utime(path, (young, young))
    for _ in range(PARTS):
        sweeper.find_strays()
    assert all(path.exists() for path in strays)
    clock.advance(8 * 24 * 3600)
    for _ in range(PARTS):
        sweeper.find_strays()
    assert not any(path.exists() for path in strays)
    assert (folder / "kept" / kept).exists()


@pytest.mark.usefixtures("prompt")
def test_uploads_that_no_post_came_for_go_after_a_day_and_all_else_of_members_never(
    anna: Person, context: Context, sweeper: Sweeper, clock: VirtualClock, stranger: FlaskClient, disk: Disk
) -> None:
    posted, loose, deleted = (upload(anna, picture()) for _ in range(3))
    anna.toot("Look", media_ids=[posted["id"]])
    status = anna.toot("Gone", media_ids=[deleted["id"]])
    data = {"avatar": (io.BytesIO(picture()), "a.png", "image/png")}
    account = anna.ask("PATCH", "/api/v1/accounts/update_credentials", data=data).json
    assert account is not None
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    clock.advance(23 * 3600)
    to_the_end(sweeper)
    assert anna.get(f"/api/v1/media/{loose['id']}")
    assert anna.get(f"/api/v1/media/{deleted['id']}")
    clock.advance(2 * YEAR)
    disk.free = 0
    to_the_end(sweeper)
    for _ in range(PARTS):
        sweeper.find_strays()
    for gone in (loose, deleted):
        anna.refused(404, "GET", f"/api/v1/media/{gone['id']}")
        assert see(stranger, gone["url"]).status_code == 404
    for stays in (posted["url"], posted["preview_url"], account["avatar"]):
        assert see(stranger, stays).status_code == 200
    with context.database.read() as tx:
        assert len(tx.all(sa.select(media))) == 2


def test_a_post_deleted_with_its_media_takes_them_along_at_once(
    anna: Person, context: Context, sweeper: Sweeper, work: Callable[[], None], stranger: FlaskClient
) -> None:
    made = anna.ask("POST", "/api/v2/media", data={"file": (io.BytesIO(picture()), "a.png")}).json
    assert made is not None
    work()
    status = anna.toot("Look", media_ids=[made["id"]])
    url = status["media_attachments"][0]["url"]
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}?delete_media=true")
    context.clock.sleep(1)
    to_the_end(sweeper)
    assert see(stranger, url).status_code == 404


def test_with_weak_power_nothing_is_touched(context: Context) -> None:
    strength = Strength(context.clock)
    strength.note(good=False)
    keep(context, 24 * 99)
    asyncio.run(Sweeper(context, UsageNote(), strength).turn())
    assert len(urls_kept(context)) == 1


class Town:
    """A far server with people and posts, told of here."""

    def __init__(self, context: Context, urls: Urls) -> None:
        self.context, self.urls, self.number = context, urls, 0
        with context.database.write() as tx:
            self.rita = accounts.store_remote(tx, remote_account("rita"))
            self.tom = accounts.store_remote(tx, remote_account("tom"))

    def post(self, text: str = "Hi", *, by: int | None = None, **more: Any) -> int:
        self.number += 1
        with self.context.database.write() as tx:
            status = RemoteStatus(f"https://far.example/{self.number}", text, Visibility.PUBLIC, tx.now_ms, **more)
            status_id = status_service.receive(tx, self.urls, by or self.rita, status)
        assert status_id is not None
        return status_id

    def left(self) -> set[int]:
        with self.context.database.read() as tx:
            return {row.id for row in tx.all(sa.select(statuses.c.id))}


@pytest.fixture
def town(context: Context, urls: Urls) -> Town:
    return Town(context, urls)


def test_posts_that_nobody_here_touched_go_and_all_others_stay(
    anna: Person, bob: Person, town: Town, sweeper: Sweeper, clock: VirtualClock, urls: Urls, context: Context
) -> None:
    own = int(anna.toot("Mine")["id"])
    untouched = [town.post() for _ in range(3)]
    chatter = town.post(in_reply_to_id=untouched[0], by=town.tom)
    favoured, booked, boosted, answered = (town.post() for _ in range(4))
    mentioning = town.post(mentions=(anna.id,))
    reply_to_ours = town.post(in_reply_to_id=own)
    reply_to_reply = town.post(in_reply_to_id=reply_to_ours, by=town.tom)
    beside = town.post(in_reply_to_id=answered, by=town.tom)
    reported = town.post()
    with context.database.write() as tx:
        favourites.favourite(tx, urls, anna.id, favoured)
        bookmarks.bookmark(tx, bob.id, booked)
        boost = boosts.boost(tx, urls, bob.id, boosted)
        boost_of_ours = boosts.boost(tx, urls, town.rita, own, uri="https://far.example/boosts/1")
        boost_there = boosts.boost(tx, urls, town.tom, untouched[1], uri="https://far.example/boosts/2")
        favourites.favourite(tx, urls, town.tom, untouched[2], uri="https://far.example/likes/1")
    answer = int(anna.toot("Yes", in_reply_to_id=str(answered))["id"])
    anna.post("/api/v1/reports", {"account_id": str(town.rita), "status_ids": [str(reported)]})
    gone = {*untouched, chatter, boost_there}
    everything = town.left()
    clock.advance(89 * 24 * 3600)
    to_the_end(sweeper)
    assert town.left() == everything
    clock.advance(3 * 24 * 3600)
    young = town.post()
    to_the_end(sweeper)
    assert everything - town.left() == gone
    kept = {own, favoured, booked, boosted, boost, answered, answer, mentioning, reply_to_ours, reply_to_reply}
    assert kept | {beside, boost_of_ours, young, reported} <= town.left()
    with context.database.read() as tx:
        row = accounts.by_id(tx, town.tom)
        assert row is not None
        assert row.statuses_count == 2
    assert town.post() not in everything  # nothing is buried: what is gone may come again


def test_strangers_of_whom_nothing_is_left_go_too(
    anna: Person, town: Town, sweeper: Sweeper, clock: VirtualClock, urls: Urls, context: Context
) -> None:
    with context.database.write() as tx:
        gone = accounts.store_remote(tx, remote_account("zoe"))
        followed = accounts.store_remote(tx, remote_account("una"))
        blocked = accounts.store_remote(tx, remote_account("vic"))
        follows.follow(tx, urls, anna.id, followed)
    anna.post(f"/api/v1/accounts/{blocked}/block")
    town.post(mentions=(anna.id,))
    clock.advance(YEAR)
    to_the_end(sweeper)
    with context.database.read() as tx:
        left = {row.id for row in tx.all(sa.select(account_table.c.id))}
    assert not {gone, town.tom} & left
    assert {anna.id, followed, blocked, town.rita} <= left


def test_until_the_clock_is_right_nothing_counts_as_old(town: Town, sweeper: Sweeper, clock: VirtualClock) -> None:
    post = town.post()
    clock.advance(YEAR)
    clock.is_trusted = False
    to_the_end(sweeper)
    assert post in town.left()


def test_the_rules_can_be_set_within_reason(context: Context) -> None:
    with context.database.write() as tx:
        housekeeping.put(tx, "remote_posts_days", "30")
        assert housekeeping.get(tx).remote_posts_age == 30 * 24 * 3600 * 1000
        assert housekeeping.as_texts(tx)["remote_posts_days"] == "30"
        for value in ("1", "-5", "x", "", "99999999999999"):
            with pytest.raises(BadInput):
                housekeeping.put(tx, "remote_posts_days", value)


def test_a_failed_row_is_no_obstacle(context: Context, sweeper: Sweeper) -> None:
    with context.database.write() as tx:
        kept_service.want(tx, MediaPurpose.ATTACHMENT, "https://far.example/x")
        tx.execute(sa.update(kept_media).values(state=MediaState.FAILED.value, last_used_at=0))
    to_the_end(sweeper)
    assert urls_kept(context) == []


def test_looking_for_what_may_go_takes_indexes_alone(context: Context) -> None:
    if context.database.engine.dialect.name != "sqlite":
        pytest.skip("SQLite's plans")
    asked: list[tuple[str, Any]] = []
    sa.event.listen(context.database.engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
    with context.database.write() as tx:
        pruning.some(tx, 0, 10)
        pruning.prune(tx, [1, 2, 3])
        for statement, parameters in [each for each in asked if "FROM statuses" in each[0]]:
            plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            steps = [row[3] for row in plan]
            assert not [step for step in steps if step.startswith("SCAN")], steps
    assert any("ix_statuses_our_threads" in step for step in steps)


def test_with_nothing_to_do_nobody_s_turn_to_write_is_taken(
    context: Context, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_the_end(sweeper)

    def write() -> None:
        raise AssertionError("it wrote")

    monkeypatch.setattr(context.database, "write", write)
    assert sweeper.sweep() is False
    assert work_on_next(context, Workshop(SystemRunner())) is False
