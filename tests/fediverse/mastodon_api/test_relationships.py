# SPDX-License-Identifier: AGPL-3.0-or-later
import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.companion.timetable import Timetable
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, follows, statuses
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import MakePerson, Person, remote_account

HOME = "/api/v1/timelines/home"
PLAIN = {
    "following": False,
    "showing_reblogs": False,
    "notifying": False,
    "languages": None,
    "followed_by": False,
    "blocking": False,
    "blocked_by": False,
    "muting": False,
    "muting_notifications": False,
    "muting_expires_at": None,
    "requested": False,
    "requested_by": False,
    "domain_blocking": False,
    "endorsed": False,
    "note": "",
}


def _ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer]


def _remote(database: Database, name: str = "cy", host: str = "far.example") -> int:
    with database.write() as tx:
        return accounts.store_remote(tx, remote_account(name, host))


def _relation(person: Person, other: int) -> Any:
    return person.get(f"/api/v1/accounts/relationships?id[]={other}")[0]


def _act(person: Person, verb: str, other: int, **asked: Any) -> Any:
    return person.post(f"/api/v1/accounts/{other}/{verb}", asked)


def test_strangers_are_nothing_to_one_another(anna: Person, bob: Person) -> None:
    assert _relation(anna, bob.id) == {"id": str(bob.id)} | PLAIN


def test_relationships_keep_the_order_and_leave_out_the_suspended(
    anna: Person, bob: Person, carol: Person, database: Database
) -> None:
    remote = _remote(database)
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == remote).values(suspended_at=1))
    asked = "&".join(f"id[]={each}" for each in (carol.id, remote, 77, bob.id, carol.id))
    path = f"/api/v1/accounts/relationships?{asked}"
    assert _ids(anna.get(path)) == [str(carol.id), str(bob.id)]
    assert _ids(anna.get(f"{path}&with_suspended=true")) == [str(carol.id), str(remote), str(bob.id)]


def test_how_one_follows_is_told_and_changed(anna: Person, bob: Person) -> None:
    told = _act(anna, "follow", bob.id, reblogs=False, notify=True, languages=["de", "pt-BR", "'); --", "de"])
    assert told == {"id": str(bob.id)} | PLAIN | {
        "following": True,
        "notifying": True,
        "languages": ["de", "pt-BR"],
    }
    assert _act(anna, "follow", bob.id)["languages"] == ["de", "pt-BR"]
    assert _act(anna, "follow", bob.id, languages=[], reblogs=True)["languages"] is None
    assert _relation(bob, anna.id)["followed_by"] is True


def test_posts_in_languages_not_wanted_stay_away(anna: Person, bob: Person) -> None:
    _act(anna, "follow", bob.id, languages=["de"])
    german, unsaid = bob.toot("Guten Morgen", language="de"), bob.toot("hm")
    bob.toot("Good morning", language="en")
    assert set(_ids(anna.get(HOME))) >= {german["id"]}
    shown = [each["language"] for each in anna.get(HOME)]
    assert "en" not in shown
    assert unsaid["language"] is not None or unsaid["id"] in _ids(anna.get(HOME))


def test_what_was_written_before_comes_in_wanted_languages_alone(anna: Person, bob: Person) -> None:
    german, _ = bob.toot("Guten Tag", language="de"), bob.toot("Good day", language="en")
    _act(anna, "follow", bob.id, languages=["de"])
    assert _ids(anna.get(HOME)) == [german["id"]]


def test_following_the_muted_brings_nothing_of_them(anna: Person, bob: Person) -> None:
    bob.toot("Told before")
    anna.post(f"/api/v1/accounts/{bob.id}/mute")
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    friends = anna.post("/api/v1/lists", {"title": "Friends"})["id"]
    anna.post(f"/api/v1/lists/{friends}/accounts", {"account_ids": [str(bob.id)]})
    assert anna.get("/api/v1/timelines/home") == anna.get(f"/api/v1/timelines/list/{friends}") == []
    anna.post(f"/api/v1/accounts/{bob.id}/unmute")
    assert len(anna.get("/api/v1/timelines/home")) == len(anna.get(f"/api/v1/timelines/list/{friends}")) == 1


def test_the_muted_appear_in_no_list_and_come_back(anna: Person, bob: Person, carol: Person) -> None:
    _act(anna, "follow", bob.id)
    _act(anna, "follow", carol.id)
    first = bob.toot("first #tea")
    boost = carol.post(f"/api/v1/statuses/{first['id']}/reblog")
    told = _act(anna, "mute", bob.id)
    assert (told["muting"], told["muting_notifications"], told["muting_expires_at"]) == (True, True, None)
    second = bob.toot("@anna second #tea")
    named = carol.toot("I like @bob")
    reply = carol.toot("@bob yes", in_reply_to_id=second["id"])
    for path in (HOME, "/api/v1/timelines/public", "/api/v1/timelines/tag/tea", "/api/v1/notifications"):
        shown = _ids(anna.get(path))
        assert not {first["id"], second["id"], boost["id"]} & set(shown), path
    assert named["id"] not in _ids(anna.get(HOME))
    context = anna.get(f"/api/v1/statuses/{reply['id']}/context")
    assert context["ancestors"] == []
    assert _ids(anna.get("/api/v1/mutes")) == [str(bob.id)]
    assert _ids(anna.get(f"/api/v1/accounts/{bob.id}/statuses")) == [second["id"], first["id"]]
    assert anna.get(f"/api/v1/statuses/{second['id']}")["id"] == second["id"]
    assert _relation(bob, anna.id) == {"id": str(anna.id)} | PLAIN | {"followed_by": True}
    assert _act(anna, "unmute", bob.id)["muting"] is False
    assert {first["id"], second["id"]} <= set(_ids(anna.get(HOME)))
    assert first["id"] in _ids(anna.get("/api/v1/timelines/public"))


def test_a_mute_may_spare_notifications_and_end_by_itself(
    anna: Person, bob: Person, context: Context, clock: VirtualClock
) -> None:
    told = _act(anna, "mute", bob.id, notifications=False, duration=60)
    assert told["muting_notifications"] is False
    assert told["muting_expires_at"].endswith("Z")
    assert anna.get("/api/v1/mutes")[0]["mute_expires_at"] == told["muting_expires_at"]
    assert asyncio.run(Timetable(context).turn()) == 60
    assert _relation(anna, bob.id)["muting"] is True
    clock.advance(60)
    asyncio.run(Timetable(context).turn())
    assert _relation(anna, bob.id)["muting"] is False


def test_nobody_mutes_herself_or_nobody(anna: Person) -> None:
    anna.refused(403, "POST", f"/api/v1/accounts/{anna.id}/mute")
    anna.refused(404, "POST", "/api/v1/accounts/77/mute")
    anna.refused(422, "POST", f"/api/v1/accounts/{anna.id}/mute", json={"duration": "long"})


def test_a_note_is_the_members_own(anna: Person, bob: Person, carol: Person) -> None:
    assert _act(anna, "note", bob.id, comment="from school")["note"] == "from school"
    assert _relation(carol, bob.id)["note"] == ""
    anna.refused(422, "POST", f"/api/v1/accounts/{bob.id}/note", json={"comment": "x" * 2001})
    assert _relation(anna, bob.id)["note"] == "from school"
    assert _act(anna, "note", bob.id)["note"] == ""


def test_blocking_a_domain_ends_follows_from_and_to_there(anna: Person, database: Database, urls: Urls) -> None:
    cy, dee, eve = _remote(database), _remote(database, "dee"), _remote(database, "eve", "other.example")
    with database.write() as tx:
        follows.follow(tx, urls, anna.id, cy)
        follows.accept(tx, urls, cy, anna.id)
        for each in (dee, eve):
            follows.follow(tx, urls, each, anna.id)
        note = RemoteStatus("https://far.example/1", "<p>hi #tea</p>", Visibility.PUBLIC, tx.now_ms, tags=("tea",))
        status = statuses.receive(tx, urls, cy, note)
    assert _ids(anna.get(HOME)) == [str(status)]
    assert anna.post("/api/v1/domain_blocks", {"domain": " FAR.example. "}) == {}
    assert anna.get("/api/v1/domain_blocks") == ["far.example"]
    assert _relation(anna, cy) == {"id": str(cy)} | PLAIN | {"domain_blocking": True}
    assert _ids(anna.get(f"/api/v1/accounts/{anna.id}/followers")) == [str(eve)]
    for path in (HOME, "/api/v1/timelines/public", "/api/v1/timelines/tag/tea"):
        assert anna.get(path) == []
    anna.refused(403, "POST", f"/api/v1/accounts/{cy}/follow")
    with database.write() as tx:
        mine = statuses.by_id(tx, statuses.create(tx, urls, anna.id, statuses.Draft("hello")))
        assert mine is not None
        from appliance.fediverse.services.visibility import may_see

        assert not may_see(tx, dee, mine)
        assert may_see(tx, eve, mine)
    assert anna.ask("DELETE", "/api/v1/domain_blocks?domain=far.example").json == {}
    assert anna.get("/api/v1/domain_blocks") == []
    assert _ids(anna.get("/api/v1/timelines/tag/tea")) == [str(status)]


@pytest.mark.parametrize("domain", ["", " ", "a b", "x/y", "-", "a" * 300, "é" * 70, "..", "<script>", "x@y.example"])
def test_what_is_no_domain_is_refused(anna: Person, domain: str) -> None:
    for method in ("POST", "DELETE"):
        anna.refused(422, method, "/api/v1/domain_blocks", json={"domain": domain})
    assert anna.get("/api/v1/domain_blocks") == []


def test_other_languages_domains_are_kept_as_servers_write_them(anna: Person) -> None:
    anna.post("/api/v1/domain_blocks", {"domain": "Käse.example"})
    assert anna.get("/api/v1/domain_blocks") == ["xn--kse-qla.example"]


def test_endorsements_are_of_people_followed(anna: Person, bob: Person, carol: Person) -> None:
    anna.refused(422, "POST", f"/api/v1/accounts/{bob.id}/pin")
    _act(anna, "follow", bob.id)
    assert _act(anna, "pin", bob.id)["endorsed"] is True
    assert _act(anna, "endorse", bob.id)["endorsed"] is True
    assert _ids(anna.get("/api/v1/endorsements")) == [str(bob.id)]
    assert _ids(carol.get(f"/api/v1/accounts/{anna.id}/endorsements")) == [str(bob.id)]
    assert _act(anna, "unendorse", bob.id)["endorsed"] is False
    assert anna.get("/api/v1/endorsements") == []
    _act(anna, "pin", bob.id)
    _act(anna, "unfollow", bob.id)
    assert anna.get("/api/v1/endorsements") == []


def test_whoever_blocks_somebody_answers_nothing_of_theirs(anna: Person, bob: Person, carol: Person) -> None:
    post = bob.toot("Tea?", poll={"options": ["yes", "no"], "expires_in": 3600})
    boost = carol.post(f"/api/v1/statuses/{post['id']}/reblog")
    _act(anna, "block", bob.id)
    for status_id in (post["id"], boost["id"]):
        for verb in ("favourite", "reblog"):
            assert anna.refused(403, "POST", f"/api/v1/statuses/{status_id}/{verb}") == "This action is not allowed"
    vote = f"/api/v1/polls/{post['poll']['id']}/votes"
    assert anna.refused(403, "POST", vote, json={"choices": [0]}) == "This action is not allowed"
    anna.post(f"/api/v1/statuses/{post['id']}/bookmark")  # it is her own, and tells nobody
    _act(anna, "unblock", bob.id)
    anna.post(f"/api/v1/statuses/{post['id']}/favourite")
    assert anna.post(f"/api/v1/polls/{post['poll']['id']}/votes", {"choices": [0]})["voted"] is True


def test_hidden_followers_are_shown_to_nobody_else(anna: Person, bob: Person, database: Database) -> None:
    _act(bob, "follow", anna.id)
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == anna.id).values(hide_collections=True))
    path = f"/api/v1/accounts/{anna.id}/followers"
    assert bob.get(path) == []
    assert _ids(anna.get(path)) == [str(bob.id)]
    assert bob.get(f"/api/v1/accounts/{anna.id}")["hide_collections"] is True


def test_whoever_is_blocked_sees_no_followers(anna: Person, bob: Person, carol: Person) -> None:
    _act(carol, "follow", anna.id)
    _act(anna, "block", bob.id)
    assert bob.get(f"/api/v1/accounts/{anna.id}/followers") == []


def test_familiar_followers_are_those_whom_one_follows(
    anna: Person, bob: Person, carol: Person, make_person: MakePerson, database: Database
) -> None:
    dora = make_person("dora")
    for other in (bob, dora):
        _act(anna, "follow", other.id)
    for follower in (bob, carol, dora):
        if follower is not carol:
            _act(follower, "follow", carol.id)
    path = f"/api/v1/accounts/familiar_followers?id[]={carol.id}&id[]={bob.id}"
    found = anna.get(path)
    assert [(each["id"], _ids(each["accounts"])) for each in found] == [
        (str(carol.id), [str(bob.id), str(dora.id)]),
        (str(bob.id), []),
    ]
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == dora.id).values(hide_collections=True))
    assert _ids(anna.get(path)[0]["accounts"]) == [str(bob.id)]


@pytest.mark.parametrize("verb", ["mute", "unmute", "note", "pin", "unpin", "endorse", "unendorse"])
def test_strangers_and_apps_that_may_not_can_do_nothing(
    anna: Person, bob: Person, make_person: MakePerson, verb: str
) -> None:
    path = f"/api/v1/accounts/{bob.id}/{verb}"
    assert anna.client.post(path).status_code == 401
    make_person("anna", scopes="read write:statuses").refused(403, "POST", path)
    anna.refused(404, "POST", f"/api/v1/accounts/nonsense/{verb}")
    assert _relation(anna, bob.id) == {"id": str(bob.id)} | PLAIN
