# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who is told of what: recipients by visibility, one delivery per server, and nothing where nothing should leave."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import outgoing
from appliance.fediverse.activitypub.documents import PUBLIC
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, activities, deliveries
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts as account_services
from appliance.fediverse.services import blocks, boosts, favourites, statuses
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.services.remote import RemoteAccount, RemoteStatus
from appliance.fediverse.urls import Urls

HERE = "http://localhost:10100"


class World:
    """Remote accounts, and what lies in the outbox."""

    def __init__(self, database: Database, urls: Urls) -> None:
        self.database, self.urls = database, urls

    def account(self, name: str, host: str, *, shared: bool = True) -> int:
        uri = f"https://{host}/users/{name}"
        account = RemoteAccount(
            uri=uri,
            username=name,
            domain=host,
            inbox=f"{uri}/inbox",
            key_id=f"{uri}#main-key",
            public_key="PEM",
            shared_inbox=f"https://{host}/inbox" if shared else None,
        )
        with self.database.write() as tx:
            return account_services.store_remote(tx, account)

    def follower(self, name: str, host: str, of: int, *, shared: bool = True) -> int:
        account_id = self.account(name, host, shared=shared)
        with self.database.write() as tx:
            follow_services.follow(tx, self.urls, account_id, of, uri=f"https://{host}/follows/{name}")
        return account_id

    def take(self) -> list[tuple[dict[str, Any], set[str]]]:
        """Every activity with the inboxes it goes to; the outbox is empty afterwards."""
        with self.database.write() as tx:
            found = []
            for row in tx.all(sa.select(activities).order_by(activities.c.id)):
                to = [each.inbox for each in tx.all(sa.select(deliveries).where(deliveries.c.activity_id == row.id))]
                assert len(to) == len(set(to))
                found.append((json.loads(row.body), set(to)))
            tx.execute(sa.delete(deliveries))
            tx.execute(sa.delete(activities))
        return found


@pytest.fixture
def world(database: Database, urls: Urls) -> World:
    return World(database, urls)


def test_followers_of_one_server_share_a_delivery(world: World, anna: Any) -> None:
    for name in ("a", "b", "c"):
        world.follower(name, "far.example", anna.id)
    world.follower("d", "near.example", anna.id, shared=False)
    world.take()
    anna.toot("hello")
    ((body, to),) = world.take()
    assert (body["type"], body["object"]["type"]) == ("Create", "Note")
    assert body["@context"][0] == "https://www.w3.org/ns/activitystreams"
    assert to == {"https://far.example/inbox", "https://near.example/users/d/inbox"}


@pytest.mark.parametrize(
    ("visibility", "to", "inboxes"),
    [
        ("public", [PUBLIC], {"far", "near"}),
        ("unlisted", [f"{HERE}/users/anna/followers"], {"far", "near"}),
        ("private", [f"{HERE}/users/anna/followers"], {"far", "near"}),
        ("direct", ["https://near.example/users/dora"], {"near"}),
    ],
)
def test_visibility_decides_who_hears(
    world: World, anna: Any, visibility: str, to: list[str], inboxes: set[str]
) -> None:
    world.follower("a", "far.example", anna.id)
    world.account("dora", "near.example")
    world.take()
    status = anna.toot("@dora@near.example hello", visibility=visibility)
    ((body, found),) = world.take()
    assert body["to"] == body["object"]["to"] == to
    assert ("https://near.example/users/dora" in body["to"] + body["cc"]) is True
    assert (PUBLIC in body["to"] + body["cc"]) is (visibility in ("public", "unlisted"))
    assert found == {f"https://{name}.example/inbox" for name in inboxes}
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    ((body, gone),) = world.take()
    assert (body["type"], body["object"]) == ("Delete", {"id": status["uri"], "type": "Tombstone"})
    assert gone == found


def test_an_answer_reaches_whom_it_answers(world: World, anna: Any, database: Database, urls: Urls) -> None:
    dora = world.account("dora", "near.example")
    uri = "https://near.example/users/dora/statuses/1"
    with database.write() as tx:
        parent = statuses.receive(tx, urls, dora, RemoteStatus(uri, "hi", Visibility.PUBLIC, tx.now_ms))
    anna.toot("well", in_reply_to_id=str(parent))
    ((body, to),) = world.take()
    assert body["object"]["inReplyTo"] == uri
    assert to == {"https://near.example/inbox"}


def test_the_end_and_edits_reach_everybody_who_may_have_it(
    world: World, anna: Any, database: Database, urls: Urls
) -> None:
    status = anna.toot("hello")
    one, two, three = (world.account(name, f"{name}.example") for name in ("one", "two", "three"))
    with database.write() as tx:
        boosts.boost(tx, urls, one, int(status["id"]), uri="https://one.example/1")
        favourites.favourite(tx, urls, two, int(status["id"]))
        reply = RemoteStatus("https://three.example/1", "x", Visibility.PUBLIC, 1, in_reply_to_id=int(status["id"]))
        statuses.receive(tx, urls, three, reply)
    world.take()
    wanted = {f"https://{name}.example/inbox" for name in ("one", "two", "three")}
    anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "changed"})
    ((body, to),) = world.take()
    assert (body["type"], "changed" in body["object"]["content"], to) == ("Update", True, wanted)
    assert body["object"]["updated"]
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    ((body, to),) = world.take()
    assert (body["type"], to) == ("Delete", wanted)


def test_follows_and_their_end(world: World, anna: Any, database: Database, urls: Urls) -> None:
    dora = world.account("dora", "near.example")
    anna.post(f"/api/v1/accounts/{dora}/follow")
    ((follow, to),) = world.take()
    assert (follow["type"], follow["object"]) == ("Follow", "https://near.example/users/dora")
    assert to == {"https://near.example/users/dora/inbox"}
    anna.post(f"/api/v1/accounts/{dora}/unfollow")
    ((undo, to),) = world.take()
    assert (undo["type"], undo["object"]["id"]) == ("Undo", follow["id"])
    assert to == {"https://near.example/users/dora/inbox"}


def test_an_accept_holds_the_follow_as_it_came(world: World, anna: Any, database: Database, urls: Urls) -> None:
    world.follower("a", "far.example", anna.id)
    ((accept, to),) = world.take()
    assert (accept["type"], accept["actor"]) == ("Accept", f"{HERE}/users/anna")
    assert accept["object"] == {
        "id": "https://far.example/follows/a",
        "type": "Follow",
        "actor": "https://far.example/users/a",
        "object": f"{HERE}/users/anna",
    }
    assert to == {"https://far.example/users/a/inbox"}


def test_blocks(world: World, anna: Any, database: Database, urls: Urls) -> None:
    dora = world.follower("dora", "near.example", anna.id)
    world.take()
    anna.post(f"/api/v1/accounts/{dora}/block")
    assert [body["type"] for body, _ in world.take()] == ["Reject", "Block"]
    anna.post(f"/api/v1/accounts/{dora}/unblock")
    ((undo, to),) = world.take()
    assert (undo["type"], undo["object"]["type"]) == ("Undo", "Block")
    assert to == {"https://near.example/users/dora/inbox"}


def test_favourites_and_boosts_of_others(world: World, anna: Any, database: Database, urls: Urls) -> None:
    dora = world.account("dora", "near.example")
    world.follower("a", "far.example", anna.id)
    uri = "https://near.example/users/dora/statuses/1"
    with database.write() as tx:
        status_id = statuses.receive(tx, urls, dora, RemoteStatus(uri, "hi", Visibility.PUBLIC, tx.now_ms))
    world.take()
    for verb, kind in (("favourite", "Like"), ("reblog", "Announce")):
        anna.post(f"/api/v1/statuses/{status_id}/{verb}")
        ((body, to),) = world.take()
        assert (body["type"], body["object"]) == (kind, uri)
        assert "https://near.example/users/dora/inbox" in to
        assert ("https://far.example/inbox" in to) is (kind == "Announce")
        anna.post(f"/api/v1/statuses/{status_id}/un{verb}")
        ((undo, again),) = world.take()
        assert (undo["type"], undo["object"]["id"], again) == ("Undo", body["id"], to)


def test_a_profile_reaches_followers(world: World, anna: Any) -> None:
    world.follower("a", "far.example", anna.id)
    world.take()
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Anna A."})
    ((body, to),) = world.take()
    assert (body["type"], body["object"]["name"]) == ("Update", "Anna A.")
    assert to == {"https://far.example/inbox"}


def test_what_stays_at_home_leaves_nothing_in_the_outbox(world: World, anna: Any, bob: Any) -> None:
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    status = bob.toot("@anna hello")
    anna.post(f"/api/v1/statuses/{status['id']}/favourite")
    anna.post(f"/api/v1/statuses/{status['id']}/reblog")
    bob.toot("@anna psst", visibility="direct")
    assert world.take() == []


def test_what_others_do_is_not_passed_on(world: World, anna: Any, database: Database, urls: Urls) -> None:
    dora = world.account("dora", "near.example")
    eve = world.account("eve", "far.example")
    with database.write() as tx:
        status_id = statuses.receive(tx, urls, dora, RemoteStatus("https://near.example/1", "x", Visibility.PUBLIC, 1))
        assert status_id is not None
        boost_id = boosts.boost(tx, urls, eve, status_id, uri="https://far.example/1")
        favourites.favourite(tx, urls, eve, status_id)
        blocks.block(tx, urls, eve, anna.id, uri="https://far.example/2")
        outgoing.status_created(tx, urls, status_id)
        outgoing.status_created(tx, urls, boost_id)
        outgoing.status_created(tx, urls, 12345)
        outgoing.profile_updated(tx, urls, dora)
    assert world.take() == []


def test_without_a_name_nothing_is_queued(world: World, anna: Any, database: Database) -> None:
    world.follower("a", "far.example", anna.id)
    world.take()
    with database.write() as tx:
        statuses.create(tx, Urls("http://box", False), anna.id, statuses.Draft("hello"))
    assert world.take() == []


def test_the_companion_is_nudged_once_and_after_the_commit(world: World, anna: Any, clock: Any) -> None:
    world.follower("a", "far.example", anna.id)
    nudges: list[bytes] = []
    database = Database(str(world.database.engine.url), clock, nudge=nudges.append)
    draft = statuses.Draft("hello")
    with database.write() as tx:
        statuses.create(tx, world.urls, anna.id, draft)
        statuses.create(tx, world.urls, anna.id, draft)
        assert nudges == []
    assert nudges == [b"dn"]

    def fail() -> None:
        with database.write() as tx:
            statuses.create(tx, world.urls, anna.id, draft)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert nudges == [b"dn"]
    database.close()


def test_those_who_are_gone_get_nothing(world: World, anna: Any, database: Database) -> None:
    world.follower("a", "far.example", anna.id)
    world.take()
    with database.write() as tx:
        tx.execute(sa.update(accounts).where(accounts.c.domain != "").values(deleted_at=1))
    anna.toot("hello")
    assert world.take() == []
