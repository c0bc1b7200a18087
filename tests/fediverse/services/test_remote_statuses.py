# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import FollowState, Visibility
from appliance.fediverse.services import accounts, follows, statuses, timelines
from appliance.fediverse.services.paging import Page
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import Person, remote_account

NOTE = RemoteStatus("https://far.example/n/1", "<p>hi</p>", Visibility.PUBLIC, 1_000_000)


@pytest.fixture
def cy(database: Database) -> int:
    with database.write() as tx:
        return accounts.store_remote(tx, remote_account("cy"))


def test_a_remote_follow_waits_for_its_answer_and_then_fills_home(
    database: Database, urls: Urls, anna: Person, cy: int
) -> None:
    with database.write() as tx:
        statuses.receive(tx, urls, cy, NOTE)
        assert follows.follow(tx, urls, anna.id, cy) is FollowState.PENDING
        assert timelines.home_page(tx, anna.id, Page()) == []
        follows.accept(tx, urls, cy, anna.id)
        assert len(timelines.home_page(tx, anna.id, Page())) == 1
        statuses.receive(tx, urls, cy, replace(NOTE, uri="https://far.example/n/2"))
        assert len(timelines.home_page(tx, anna.id, Page())) == 2


def test_the_same_note_twice_is_one_status(database: Database, urls: Urls, cy: int) -> None:
    with database.write() as tx:
        assert statuses.receive(tx, urls, cy, NOTE) == statuses.receive(tx, urls, cy, NOTE)


def test_a_note_deleted_before_it_came_is_never_taken_in(database: Database, urls: Urls, cy: int) -> None:
    with database.write() as tx:
        statuses.delete_remote(tx, urls, cy, NOTE.uri)
        assert statuses.receive(tx, urls, cy, NOTE) is None


def test_nobody_deletes_or_edits_the_notes_of_others(database: Database, urls: Urls, cy: int) -> None:
    with database.write() as tx:
        other = accounts.store_remote(tx, remote_account("eve"))
        status_id = statuses.receive(tx, urls, cy, NOTE)
        assert status_id is not None
        statuses.delete_remote(tx, urls, other, NOTE.uri)
        assert statuses.receive_edit(tx, urls, other, replace(NOTE, content="<p>no</p>", edited_at=2_000_000)) is None
        row = statuses.by_id(tx, status_id)
        assert row is not None
        assert row.content == "<p>hi</p>"


def test_edits_are_kept_in_order(database: Database, urls: Urls, cy: int) -> None:
    with database.write() as tx:
        status_id = statuses.receive(tx, urls, cy, NOTE)
        statuses.receive_edit(tx, urls, cy, replace(NOTE, content="<p>new</p>", edited_at=3_000_000))
        statuses.receive_edit(tx, urls, cy, replace(NOTE, content="<p>old</p>", edited_at=2_000_000))
        assert status_id is not None
        row = statuses.by_id(tx, status_id)
        assert row is not None
        assert row.content == "<p>new</p>"


def test_an_account_gone_elsewhere_is_gone_here_with_all_it_wrote(
    database: Database, urls: Urls, anna: Person, cy: int
) -> None:
    with database.write() as tx:
        follows.follow(tx, urls, anna.id, cy)
        follows.accept(tx, urls, cy, anna.id)
        statuses.receive(tx, urls, cy, NOTE)
        accounts.delete_remote(tx, urls, "https://far.example/users/cy")
        assert statuses.by_uri(tx, NOTE.uri) is None
        me = accounts.by_id(tx, anna.id)
        assert me is not None
        assert me.following_count == 0


def test_an_actor_met_again_keeps_its_id(database: Database, cy: int) -> None:
    with database.write() as tx:
        assert accounts.store_remote(tx, remote_account("cy", display_name="Cy")) == cy
        row = accounts.by_id(tx, cy)
        assert row is not None
        assert row.display_name == "Cy"
