# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.model import MemberState, Visibility
from appliance.fediverse.services import accounts, instance_settings, members, statuses
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.secret import Secret
from tests.fediverse.conftest import ORIGIN, MakePerson, Person, remote_account


def test_my_own_account_says_what_i_typed(anna: Person) -> None:
    me = anna.ask(
        "PATCH",
        "/api/v1/accounts/update_credentials",
        json={
            "display_name": "Anna",
            "note": "I like #tea\nand @bob",
            "locked": True,
            "bot": False,
            "fields_attributes": [{"name": "Home", "value": "https://anna.example"}],
            "source": {"privacy": "unlisted", "sensitive": True, "language": "de"},
        },
    ).json
    assert me is not None
    assert (me["display_name"], me["locked"], me["source"]["privacy"]) == ("Anna", True, "unlisted")
    assert me["source"]["note"] == "I like #tea\nand @bob"
    assert f'href="{ORIGIN}/tags/tea"' in me["note"]
    assert me["source"]["fields"] == [{"name": "Home", "value": "https://anna.example", "verified_at": None}]
    assert 'href="https://anna.example"' in me["fields"][0]["value"]
    assert me["role"]["id"] == "-99"
    status = anna.toot("hm")
    assert (status["visibility"], status["sensitive"], status["language"]) == ("unlisted", True, "de")
    assert anna.get("/api/v1/preferences")["posting:default:visibility"] == "unlisted"


def test_a_form_changes_the_profile_too(anna: Person) -> None:
    form = {"display_name": "A", "fields_attributes[0][name]": "x", "fields_attributes[0][value]": "y"}
    me = anna.ask("PATCH", "/api/v1/accounts/update_credentials", data=form).json
    assert me is not None
    assert (me["display_name"], me["fields"][0]["name"]) == ("A", "x")


@pytest.mark.parametrize(
    "body",
    [
        {"display_name": "x" * 31},
        {"note": "x" * 501},
        {"locked": "maybe"},
        {"source": {"privacy": "direct"}},
        {"source": {"privacy": "nobody"}},
        {"fields_attributes": [{"name": "x", "value": "y"}] * 5},
        {"fields_attributes": [{"name": "x" * 300, "value": "y"}]},
        {"display_name": "\ud83d"},
    ],
)
def test_profiles_that_are_refused(anna: Person, body: dict[str, Any]) -> None:
    anna.refused(422, "PATCH", "/api/v1/accounts/update_credentials", json=body)


def test_following_and_what_is_between_two(anna: Person, bob: Person) -> None:
    answer = bob.post(f"/api/v1/accounts/{anna.id}/follow", {"notify": True})
    assert (answer["following"], answer["showing_reblogs"], answer["notifying"]) == (True, True, True)
    back = anna.get(f"/api/v1/accounts/relationships?id[]={bob.id}&id[]={anna.id}")
    assert [each["followed_by"] for each in back] == [True, False]
    assert [each["id"] for each in anna.get(f"/api/v1/accounts/{anna.id}/followers")] == [str(bob.id)]
    assert [each["id"] for each in anna.get(f"/api/v1/accounts/{bob.id}/following")] == [str(anna.id)]
    assert anna.get(f"/api/v1/accounts/{anna.id}")["followers_count"] == 1
    anna.toot("news")
    assert [each["type"] for each in bob.get("/api/v1/notifications")] == ["status"]
    assert anna.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")["followed_by"] is False
    assert anna.get(f"/api/v1/accounts/{anna.id}")["followers_count"] == 0


def test_a_locked_account_decides_itself(anna: Person, bob: Person, carol: Person) -> None:
    anna.ask("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    for asker in (bob, carol):
        assert asker.post(f"/api/v1/accounts/{anna.id}/follow")["requested"] is True
    status = anna.toot("for friends", visibility="private")
    bob.refused(404, "GET", f"/api/v1/statuses/{status['id']}")
    assert {each["id"] for each in anna.get("/api/v1/follow_requests")} == {str(bob.id), str(carol.id)}
    assert anna.get("/api/v1/accounts/verify_credentials")["source"]["follow_requests_count"] == 2
    assert anna.post(f"/api/v1/follow_requests/{bob.id}/authorize")["followed_by"] is True
    assert anna.post(f"/api/v1/follow_requests/{carol.id}/reject")["followed_by"] is False
    bob.get(f"/api/v1/statuses/{status['id']}")
    carol.refused(404, "GET", f"/api/v1/statuses/{status['id']}")
    assert anna.get("/api/v1/follow_requests") == []
    anna.refused(404, "POST", f"/api/v1/follow_requests/{carol.id}/authorize")


def test_nobody_follows_or_blocks_herself(anna: Person) -> None:
    for act in ("follow", "block"):
        anna.refused(403, "POST", f"/api/v1/accounts/{anna.id}/{act}")


def test_blocking_ends_follows_both_ways(anna: Person, bob: Person) -> None:
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    answer = anna.post(f"/api/v1/accounts/{bob.id}/block")
    assert (answer["blocking"], answer["following"], answer["followed_by"]) == (True, False, False)
    assert [each["id"] for each in anna.get("/api/v1/blocks")] == [str(bob.id)]
    assert anna.get(f"/api/v1/accounts/{anna.id}")["following_count"] == 0
    assert anna.post(f"/api/v1/accounts/{bob.id}/unblock")["blocking"] is False
    assert bob.post(f"/api/v1/accounts/{anna.id}/follow")["following"] is True


def test_accounts_are_found_by_name(anna: Person, bob: Person, database: Database, stranger: FlaskClient) -> None:
    with database.write() as tx:
        accounts.store_remote(tx, remote_account("annabel", display_name="Bel 100%"))
    assert anna.get("/api/v1/accounts/lookup?acct=BOB")["id"] == str(bob.id)
    assert anna.get("/api/v1/accounts/lookup?acct=bob@localhost:10100")["id"] == str(bob.id)
    assert stranger.get("/api/v1/accounts/lookup?acct=annabel@far.example").status_code == 200
    assert stranger.get("/api/v1/accounts/lookup?acct=nobody").status_code == 404
    found = anna.get("/api/v1/accounts/search?q=ann")
    assert [each["acct"] for each in found] == ["anna", "annabel@far.example"]
    assert [each["acct"] for each in anna.get("/api/v1/accounts/search?q=100%25")] == ["annabel@far.example"]
    assert anna.get("/api/v1/accounts/search?q=%25") == []
    assert anna.get("/api/v1/accounts/search?q=_zz") == []


def test_search_finds_posts_by_address_and_hashtags(anna: Person) -> None:
    status = anna.toot("hm #teatime")
    found = anna.get("/api/v2/search", query_string={"q": status["url"]})
    assert [each["id"] for each in found["statuses"]] == [status["id"]]
    found = anna.get("/api/v2/search?q=%23tea")
    assert [each["name"] for each in found["hashtags"]] == ["teatime"]
    found = anna.get("/api/v2/search", query_string={"q": f"{ORIGIN}/@anna"})
    assert [each["id"] for each in found["accounts"]] == [str(anna.id)]
    anna.refused(400, "GET", "/api/v2/search?q=")
    anna.refused(422, "GET", "/api/v2/search?q=" + "x" * 600)


def test_statuses_of_an_account_by_kind(anna: Person, bob: Person) -> None:
    first = bob.toot("one")
    post, reply = anna.toot("post #tea"), anna.toot("@bob reply", in_reply_to_id=first["id"])
    boost = anna.post(f"/api/v1/statuses/{first['id']}/reblog")

    def ids(query: str) -> list[str]:
        return [each["id"] for each in bob.get(f"/api/v1/accounts/{anna.id}/statuses?{query}")]

    assert ids("") == [boost["id"], reply["id"], post["id"]]
    assert ids("exclude_replies=true") == [boost["id"], post["id"]]
    assert ids("exclude_reblogs=1") == [reply["id"], post["id"]]
    assert ids("tagged=Tea") == [post["id"]]
    assert ids("pinned=true") == ids("only_media=true") == []


@pytest.mark.parametrize("state", [MemberState.PENDING, MemberState.DISABLED])
def test_members_who_may_not_act_are_told_so(make_person: MakePerson, state: MemberState) -> None:
    sentence = make_person("dora", state=state).refused(403, "GET", "/api/v1/timelines/home")
    assert ("pending" in sentence) == (state is MemberState.PENDING)


def _app_token(client: FlaskClient) -> dict[str, str]:
    form = {"client_name": "App", "redirect_uris": "app://x", "scopes": "read write"}
    app = client.post("/api/v1/apps", data=form).json
    assert app is not None
    form = {"grant_type": "client_credentials", "scope": "read write"} | {
        name: app[name] for name in ("client_id", "client_secret")
    }
    token = client.post("/oauth/token", data=form).json
    assert token is not None
    return {"Authorization": f"Bearer {token['access_token']}"}


@pytest.mark.parametrize(
    ("mode", "status", "home"), [("closed", 403, 0), ("invite", 403, 0), ("approval", 200, 403), ("open", 200, 200)]
)
def test_joining_by_an_app_obeys_the_instances_mode(
    stranger: FlaskClient, database: Database, mode: str, status: int, home: int
) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "title", "Home")
        instance_settings.put(tx, "registration", mode)
    form = {"username": "dora", "password": "a long and odd one", "email": "d@far.example", "agreement": "true"}
    answer = stranger.post("/api/v1/accounts", data=form | {"reason": "friend"}, headers=_app_token(stranger))
    assert answer.status_code == status, answer.text
    assert answer.json is not None
    if status == 200:
        headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
        assert stranger.get("/api/v1/timelines/home", headers=headers).status_code == home


def test_joining_needs_an_app_and_agreement(stranger: FlaskClient, anna: Person, database: Database) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "title", "Home")
        instance_settings.put(tx, "registration", "open")
    assert stranger.post("/api/v1/accounts", data={"username": "dora"}).status_code == 401
    anna.refused(403, "POST", "/api/v1/accounts", json={"agreement": True})
    assert stranger.post("/api/v1/accounts", data={}, headers=_app_token(stranger)).status_code == 422


def test_who_waits_for_approval_is_shown_to_nobody(anna: Person, database: Database, stranger: FlaskClient) -> None:
    with database.write() as tx:
        waiting = members.create(tx, "wendy", Secret("quiet otters paint fences"), state=MemberState.PENDING)
    for path in ("", "/statuses", "/followers"):
        anna.refused(404, "GET", f"/api/v1/accounts/{waiting}{path}")
    shown = stranger.get(f"/api/v1/accounts?id[]={waiting}&id[]={anna.id}").json
    assert shown is not None
    assert [each["id"] for each in shown] == [str(anna.id)]


def test_who_may_find_a_member_is_hers_to_say(anna: Person, bob: Person) -> None:
    asked = {
        "hide_collections": True,
        "indexable": True,
        "discoverable": False,
        "attribution_domains": ["News.example", "news.example", "other.example"],
    }
    answer = anna.ask("PATCH", "/api/v1/accounts/update_credentials", json=asked).json
    assert answer is not None
    source = answer["source"]
    assert (source["hide_collections"], source["indexable"], source["discoverable"]) == (True, True, False)
    assert source["attribution_domains"] == ["news.example", "other.example"]
    shown = bob.get(f"/api/v1/accounts/{anna.id}")
    assert (shown["hide_collections"], shown["indexable"], shown["noindex"]) == (True, True, False)
    cleared = anna.ask("PATCH", "/api/v1/accounts/update_credentials", data={"attribution_domains[]": ""}).json
    assert cleared is not None
    assert cleared["source"]["attribution_domains"] == []
    for wrong in (["no domain"], [f"a{number}.example" for number in range(11)], ["x" * 300 + ".example"]):
        anna.refused(422, "PATCH", "/api/v1/accounts/update_credentials", json={"attribution_domains": wrong})


def test_a_member_removes_a_follower(anna: Person, bob: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    assert anna.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")["followed_by"] is False
    assert anna.get(f"/api/v1/accounts/{anna.id}/followers") == []
    assert bob.get(f"/api/v1/accounts/relationships?id={anna.id}")[0]["following"] is False


def test_an_account_that_moved_says_where_to(anna: Person, bob: Person, database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == anna.id).values(moved_to_id=bob.id))
    shown = bob.get(f"/api/v1/accounts/{anna.id}")
    assert shown["moved"]["id"] == str(bob.id)
    assert "moved" not in shown["moved"]
    assert anna.get(f"/api/v1/accounts?id[]={anna.id}&id[]={anna.id}")[0]["moved"]["acct"] == "bob"
    bob.refused(403, "POST", f"/api/v1/accounts/{anna.id}/follow")


def test_only_posts_with_media_on_request(anna: Person, database: Database, urls: Urls) -> None:
    picture = Attachment("image", "image/png", url="https://far.example/a.png")
    with database.write() as tx:
        cy = accounts.store_remote(tx, remote_account("cy"))
        ids = [
            statuses.receive(
                tx,
                urls,
                cy,
                RemoteStatus(
                    f"https://far.example/{number}",
                    "#tea",
                    Visibility.PUBLIC,
                    tx.now_ms,
                    tags=("tea",),
                    attachments=attachments,
                ),
            )
            for number, attachments in enumerate(((), (picture,)))
        ]
    for path in (f"/api/v1/accounts/{cy}/statuses", "/api/v1/timelines/public", "/api/v1/timelines/tag/tea"):
        assert len(anna.get(path)) == 2
        assert [each["id"] for each in anna.get(f"{path}?only_media=true")] == [str(ids[1])]
