# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import activities
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, follows, pins, statuses
from appliance.fediverse.services.pins import MOST
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import Person, remote_account

FEATURED = {"Accept": "application/activity+json"}


def act(person: Person, status: Any, verb: str) -> Any:
    return person.post(f"/api/v1/statuses/{status['id']}/{verb}")


def pinned(person: Any, whom: Person) -> list[str]:
    shown = person.get(f"/api/v1/accounts/{whom.id}/statuses?pinned=true")
    return [status["id"] for status in getattr(shown, "json", shown)]


def test_pinned_posts_come_first_on_the_profile(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    old, new, other = (anna.toot(text) for text in ("old", "new", "other"))
    assert act(anna, old, "pin")["pinned"]
    act(anna, new, "pin")
    act(anna, new, "pin")
    for viewer in (anna, bob, stranger):
        assert pinned(viewer, anna) == [new["id"], old["id"]]
    assert not anna.get(f"/api/v1/statuses/{other['id']}")["pinned"]
    assert "pinned" not in bob.get(f"/api/v1/statuses/{old['id']}")
    assert not act(anna, new, "unpin")["pinned"]
    assert pinned(bob, anna) == [old["id"]]


def test_what_cannot_be_pinned(anna: Person, bob: Person) -> None:
    theirs, direct = bob.toot("theirs"), anna.toot("psst @bob", visibility="direct")
    boost = act(anna, theirs, "reblog")
    for status, part in ((theirs, "Someone else's"), (direct, "only visible"), (boost, "boost")):
        assert part in anna.refused(422, "POST", f"/api/v1/statuses/{status['id']}/pin")
    hidden = bob.toot("hidden", visibility="private")
    anna.refused(404, "POST", f"/api/v1/statuses/{hidden['id']}/pin")
    for number in range(MOST):
        act(anna, anna.toot(f"{number}"), "pin")
    assert "maximum" in anna.refused(422, "POST", f"/api/v1/statuses/{anna.toot('one more')['id']}/pin")


def test_pins_need_a_token_that_may(make_person: Any, anna: Person, stranger: FlaskClient) -> None:
    status = anna.toot("x")
    assert stranger.post(f"/api/v1/statuses/{status['id']}/pin").status_code == 401
    make_person("anna", scopes="read write:statuses").refused(403, "POST", f"/api/v1/statuses/{status['id']}/pin")


def test_a_pinned_post_for_followers_is_shown_to_them_alone(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    status = anna.toot("for friends", visibility="private")
    act(anna, status, "pin")
    assert pinned(anna, anna) == [status["id"]]
    assert pinned(bob, anna) == pinned(stranger, anna) == []
    document = stranger.get("/users/anna/collections/featured", headers=FEATURED).json
    assert document is not None
    assert document["orderedItems"] == []


def test_other_servers_read_and_are_told(anna: Person, stranger: FlaskClient, database: Database, urls: Urls) -> None:
    with database.write() as tx:
        follows.follow(tx, urls, accounts.store_remote(tx, remote_account("rita")), anna.id)
    status = anna.toot("first of all")
    act(anna, status, "pin")
    document = stranger.get("/users/anna/collections/featured", headers=FEATURED).json
    assert document is not None
    assert (document["type"], document["totalItems"]) == ("OrderedCollection", 1)
    assert document["orderedItems"][0]["id"] == status["uri"]
    assert (stranger.get("/users/anna", headers=FEATURED).json or {})["featured"] == document["id"]
    act(anna, status, "unpin")
    add, remove = _sent(database)[-2:]
    assert (add["type"], remove["type"]) == ("Add", "Remove")
    for activity in (add, remove):
        assert (activity["object"], activity["target"]) == (status["uri"], document["id"])


def test_what_somebody_elsewhere_pins_is_shown_if_it_is_theirs(anna: Person, database: Database, urls: Urls) -> None:
    mine = anna.toot("mine")
    with database.write() as tx:
        rita = accounts.store_remote(tx, remote_account("rita"))
        note = RemoteStatus("https://far.example/1", "<p>Hi</p>", Visibility.PUBLIC, tx.now_ms)
        status_id = statuses.receive(tx, urls, rita, note)
        assert status_id is not None
        for each in (status_id, status_id, int(mine["id"]), 7):
            pins.receive_add(tx, rita, each)
    assert _pinned_by(anna, rita) == [str(status_id)]
    with database.write() as tx:
        pins.receive_remove(tx, rita, status_id)
    assert _pinned_by(anna, rita) == []


def _pinned_by(person: Person, account_id: int) -> list[str]:
    return [status["id"] for status in person.get(f"/api/v1/accounts/{account_id}/statuses?pinned=true")]


def _sent(database: Database) -> list[Any]:
    with database.read() as tx:
        return [json.loads(row.body) for row in tx.all(sa.select(activities).order_by(activities.c.id))]
