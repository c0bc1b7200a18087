# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.db.tables import cards, trend_reviews
from appliance.fediverse.db.tables import statuses as status_table
from appliance.fediverse.model import FollowState, MemberState
from appliance.fediverse.services import accounts, follows
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import MakePerson, Person, remote_account

DAY = 24 * 3600
DIRECTORY, SUGGESTIONS, TRENDS = "/api/v1/directory", "/api/v2/suggestions", "/api/v1/trends"


def _ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer]


def _change(database: Database, person_id: int, **values: Any) -> None:
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == person_id).values(**values))


def _review(database: Database, kind: str, subject: str) -> None:
    with database.write() as tx:
        tx.execute(sa.insert(trend_reviews).values(kind=kind, subject=subject, allowed=False, reviewed_at=0))


def test_the_directory_lists_who_wants_to_be_found(
    anna: Person,
    bob: Person,
    carol: Person,
    make_person: MakePerson,
    database: Database,
    clock: VirtualClock,
    stranger: FlaskClient,
) -> None:
    hidden = make_person("hidden")
    make_person("waiting", state=MemberState.PENDING)
    with database.write() as tx:
        far = accounts.store_remote(tx, remote_account("far", discoverable=True))
    _change(database, hidden.id, discoverable=False)
    for person in (bob, anna):
        clock.advance(1)
        person.toot("hello")
    _change(database, far, last_status_at=1)
    assert _ids(stranger.get(DIRECTORY).json) == [str(anna.id), str(bob.id), str(far)]
    assert _ids(stranger.get(f"{DIRECTORY}?local=true").json) == [str(anna.id), str(bob.id)]
    newest = _ids(stranger.get(f"{DIRECTORY}?order=new").json)
    assert newest[0] == str(far)
    assert set(newest) >= {str(each.id) for each in (anna, bob, carol)}
    assert str(hidden.id) not in newest
    assert _ids(stranger.get(f"{DIRECTORY}?limit=1&offset=1").json) == [str(bob.id)]
    anna.post(f"/api/v1/accounts/{bob.id}/mute")
    assert str(bob.id) not in _ids(anna.get(DIRECTORY))
    _change(database, bob.id, silenced_at=1)
    assert _ids(stranger.get(f"{DIRECTORY}?local=true").json) == [str(anna.id)]


def test_suggested_are_friends_of_friends_and_then_members(
    anna: Person, bob: Person, carol: Person, make_person: MakePerson, database: Database, urls: Urls
) -> None:
    dora, eve = make_person("dora"), make_person("eve")
    with database.write() as tx:
        far = accounts.store_remote(tx, remote_account("far", discoverable=True))
        follows.follow(tx, urls, bob.id, far)
        assert follows.follow(tx, urls, bob.id, far) is FollowState.PENDING
        follows.accept(tx, urls, far, bob.id)
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    carol.post(f"/api/v1/accounts/{dora.id}/follow")
    found = anna.get(SUGGESTIONS)
    assert [(each["account"]["id"], each["sources"], each["source"]) for each in found] == [
        (str(far), ["friends_of_friends"], "past_interactions"),
        (str(dora.id), ["most_followed"], "global"),
        (str(carol.id), ["most_followed"], "global"),
        (str(eve.id), ["most_followed"], "global"),
    ]
    assert _ids(anna.get("/api/v1/suggestions?limit=1")) == [str(far)]
    assert anna.ask("DELETE", f"/api/v1/suggestions/{far}").json == {}
    anna.ask("DELETE", f"/api/v1/suggestions/{far}")
    assert anna.ask("DELETE", "/api/v1/suggestions/77").json == {}
    anna.post(f"/api/v1/accounts/{dora.id}/block")
    assert _ids(anna.get("/api/v1/suggestions")) == [str(carol.id), str(eve.id)]
    _change(database, eve.id, discoverable=False)
    assert _ids(anna.get("/api/v1/suggestions")) == [str(carol.id)]


def test_whom_somebody_hides_nobody_is_told_of(anna: Person, bob: Person, database: Database, urls: Urls) -> None:
    with database.write() as tx:
        far = accounts.store_remote(tx, remote_account("far", discoverable=True))
        follows.follow(tx, urls, bob.id, far)
        follows.accept(tx, urls, far, bob.id)
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    _change(database, bob.id, hide_collections=True)
    assert anna.get(SUGGESTIONS) == []


def test_hashtags_trend_that_several_use(
    anna: Person, bob: Person, database: Database, clock: VirtualClock, stranger: FlaskClient
) -> None:
    anna.toot("#tea #alone")
    anna.toot("#alone")
    assert stranger.get(f"{TRENDS}/tags").json == []
    bob.toot("#tea #milk", visibility="unlisted")
    assert stranger.get(f"{TRENDS}/tags").json == []
    bob.toot("#tea")
    [shown] = stranger.get(f"{TRENDS}/tags").json or []
    assert (shown["name"], shown["history"][0]["accounts"]) == ("tea", "2")
    assert [each["name"] for each in anna.get(TRENDS)] == ["tea"]
    _review(database, "tag", "tea")
    assert anna.get(TRENDS) == []
    anna.toot("#soon")
    bob.toot("#soon")
    assert len(anna.get(TRENDS)) == 1
    clock.advance(8 * DAY)
    assert anna.get(TRENDS) == []


def test_statuses_trend_that_several_liked(
    anna: Person, bob: Person, carol: Person, database: Database, clock: VirtualClock, stranger: FlaskClient
) -> None:
    liked, alone, kept = anna.toot("liked"), anna.toot("alone"), anna.toot("kept", visibility="unlisted")
    for status in (liked, kept):
        bob.post(f"/api/v1/statuses/{status['id']}/favourite")
        carol.post(f"/api/v1/statuses/{status['id']}/reblog")
    for verb in ("favourite", "reblog"):
        bob.post(f"/api/v1/statuses/{alone['id']}/{verb}")
    path = f"{TRENDS}/statuses"
    assert _ids(stranger.get(path).json) == [liked["id"]]
    for person, verb, undo in ((bob, "mute", "unmute"), (anna, "block", "unblock")):
        other = anna if person is bob else bob
        person.post(f"/api/v1/accounts/{other.id}/{verb}")
        assert bob.get(path) == []
        person.post(f"/api/v1/accounts/{other.id}/{undo}")
    _change(database, anna.id, discoverable=False)
    assert stranger.get(path).json == []
    _change(database, anna.id, discoverable=True)
    assert _ids(anna.get(path)) == [liked["id"]]
    clock.advance(4 * DAY)
    assert stranger.get(path).json == []


def test_moderators_take_a_status_out(anna: Person, bob: Person, carol: Person, database: Database) -> None:
    status = anna.toot("x")["id"]
    for person in (bob, carol):
        person.post(f"/api/v1/statuses/{status}/favourite")
    assert len(anna.get(f"{TRENDS}/statuses")) == 1
    _review(database, "status", status)
    assert anna.get(f"{TRENDS}/statuses") == []


def test_links_trend_that_several_shared(anna: Person, bob: Person, database: Database, stranger: FlaskClient) -> None:
    first, second = (int(person.toot("see https://far.example/tea")["id"]) for person in (anna, bob))
    kept = int(anna.toot("see https://far.example/tea", visibility="private")["id"])
    with database.write() as tx:
        tx.execute(sa.insert(cards).values(id=1, url="https://far.example/tea", title="Tea", fetched_at=0))
        tx.execute(sa.update(status_table).where(status_table.c.id.in_((first, kept))).values(card_id=1))
    assert stranger.get(f"{TRENDS}/links").json == []
    with database.write() as tx:
        tx.execute(sa.update(status_table).where(status_table.c.id == second).values(card_id=1))
    [shown] = stranger.get(f"{TRENDS}/links").json or []
    assert (shown["url"], shown["title"], shown["type"]) == ("https://far.example/tea", "Tea", "link")
    assert [(each["uses"], each["accounts"]) for each in shown["history"]][:2] == [("2", "2"), ("0", "0")]
    timeline = stranger.get("/api/v1/timelines/link?url=https://far.example/tea").json
    assert _ids(timeline) == [str(second), str(first)]
    assert stranger.get("/api/v1/timelines/link?url=https://far.example/none").status_code == 404
    assert stranger.get("/api/v1/timelines/link").status_code == 404
    _review(database, "link", "https://far.example/tea")
    assert stranger.get(f"{TRENDS}/links").json == []


@pytest.mark.parametrize("path", [DIRECTORY, TRENDS, f"{TRENDS}/statuses", f"{TRENDS}/links", SUGGESTIONS])
def test_strange_windows_are_answered(anna: Person, path: str) -> None:
    for asked in ("limit=-3&offset=-1", "limit=99999999999999999999&offset=99999999999999999999"):
        assert anna.get(f"{path}?{asked}") is not None
    anna.refused(422, "GET", f"{path}?limit=x")


def test_suggestions_need_a_member(anna: Person, make_person: MakePerson) -> None:
    for path in (SUGGESTIONS, "/api/v1/suggestions"):
        assert anna.client.get(path).status_code == 401
        make_person("anna", scopes="write").refused(403, "GET", path)
    make_person("anna", scopes="write").refused(403, "DELETE", "/api/v1/suggestions/1")


def test_trends_page_by_offset(anna: Person, bob: Person) -> None:
    for text in ("#tea #milk", "#tea #milk"):
        anna.toot(text)
        bob.toot(text)
    answer = anna.ask("GET", f"{TRENDS}/tags?limit=1")
    assert "offset=1" in answer.headers["Link"]
    answer = anna.ask("GET", f"{TRENDS}/tags?limit=1&offset=1")
    assert 'offset=0>; rel="prev"' in answer.headers["Link"]
    assert len(answer.json or []) == 1
