# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.errors import HearthError, Refused
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import MemberState, Visibility
from appliance.fediverse.services import follows, instance_settings, invites, members, roles, sessions, statuses
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.services.roles import Permission
from appliance.fediverse.urls import Urls
from appliance.secret import Secret
from tests.fediverse.conftest import MakePerson, Person
from tests.fediverse.mastodon_api.admin.conftest import MakeRemote

ACCOUNTS = "/api/v1/admin/accounts"


def _act(who: Person, target: int, kind: str, **more: Any) -> None:
    assert who.post(f"{ACCOUNTS}/{target}/action", {"type": kind, **more}) == {}


def _names(answer: list[dict[str, Any]]) -> set[str]:
    return {each["username"] for each in answer}


def test_an_account_is_shown_with_all_a_moderator_needs(mo: Person, anna: Person, database: Database) -> None:
    with database.write() as tx:
        sessions.open(tx, anna.id, "Firefox", "203.0.113.9")
    shown = mo.get(f"{ACCOUNTS}/{anna.id}")
    assert (shown["username"], shown["domain"], shown["role"]["name"]) == ("anna", None, "")
    assert (shown["ip"], [each["ip"] for each in shown["ips"]]) == ("203.0.113.9", ["203.0.113.9"])
    flags = ("confirmed", "approved", "suspended", "silenced", "sensitized", "disabled")
    assert [shown[name] for name in flags] == [True, True, False, False, False, False]
    assert shown["account"]["acct"] == "anna"
    mo.refused(404, "GET", f"{ACCOUNTS}/123")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("local=true", {"mo", "anna", "wendy"}),
        ("remote=true", {"rick"}),
        ("staff=true", {"mo"}),
        ("pending=true", {"wendy"}),
        ("username=an", {"anna"}),
        ("by_domain=far.example", {"rick"}),
        ("silenced=true", {"rick"}),
        ("disabled=true", set()),
        ("suspended=true", set()),
        ("email=w%40mail.example", {"wendy"}),
        ("ip=198.51.100.7", {"wendy"}),
        ("ip=nonsense", set()),
    ],
)
def test_accounts_are_found_by_what_they_are(
    mo: Person, anna: Person, database: Database, make_remote: MakeRemote, query: str, names: set[str]
) -> None:
    rick = make_remote("rick")
    with database.write() as tx:
        password = Secret("quiet otters paint fences")
        members.create(tx, "wendy", password, state=MemberState.PENDING, email="W@mail.example", address="198.51.100.7")
    _act(mo, rick, "silence")
    assert _names(mo.get(f"{ACCOUNTS}?{query}")) == names


def test_the_second_version_filters_by_words(mo: Person, anna: Person, make_remote: MakeRemote) -> None:
    rick = make_remote("rick")
    _act(mo, rick, "suspend")
    path = "/api/v2/admin/accounts"
    assert _names(mo.get(f"{path}?origin=remote&status=suspended")) == {"rick"}
    assert _names(mo.get(f"{path}?origin=local&status=active")) == {"mo", "anna"}
    assert _names(mo.get(f"{path}?permissions=staff")) == {"mo"}
    assert _names(mo.get(f"{path}?role_ids[]=1&role_ids[]=3")) == {"mo"}
    first = mo.ask("GET", f"{path}?limit=2")
    assert 'rel="next"' in first.headers["Link"]
    assert first.json is not None
    assert len(mo.get(f"{path}?limit=2&max_id={first.json[-1]['id']}")) == 1


def test_who_waits_is_let_in_or_turned_away_once(mo: Person, database: Database) -> None:
    password = Secret("quiet otters paint fences")
    with database.write() as tx:
        wendy, xaver = (members.create(tx, name, password, state=MemberState.PENDING) for name in ("wendy", "xaver"))
    assert mo.get(f"{ACCOUNTS}/{wendy}")["approved"] is False
    assert mo.post(f"{ACCOUNTS}/{wendy}/approve")["approved"] is True
    assert mo.post(f"{ACCOUNTS}/{xaver}/reject")["username"] == "xaver"
    mo.refused(404, "GET", f"{ACCOUNTS}/{xaver}")
    for verb in ("approve", "reject"):
        assert mo.refused(403, "POST", f"{ACCOUNTS}/{wendy}/{verb}") == "This action is not allowed"


def test_a_disabled_member_is_out_until_enabled(mo: Person, anna: Person, database: Database) -> None:
    with database.write() as tx:
        session = sessions.open(tx, anna.id, "Firefox", "203.0.113.9")
    _act(mo, anna.id, "disable")
    assert anna.refused(403, "GET", "/api/v1/timelines/home") == "Your login is currently disabled"
    with database.read() as tx:
        assert sessions.find(tx, session) is None
    assert mo.get(f"{ACCOUNTS}/{anna.id}")["disabled"] is True
    assert mo.post(f"{ACCOUNTS}/{anna.id}/enable")["disabled"] is False
    anna.get("/api/v1/timelines/home")


def test_a_suspended_member_is_seen_nowhere(mo: Person, anna: Person, bob: Person, stranger: FlaskClient) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    status = anna.toot("Hello @bob")
    assert [each["id"] for each in bob.get("/api/v1/timelines/home")] == [status["id"]]
    _act(mo, anna.id, "suspend")
    anna.refused(403, "GET", "/api/v1/timelines/home")
    anna.refused(403, "POST", "/api/v1/statuses", json={"status": "still here"})
    assert bob.get("/api/v1/timelines/home") == []
    bob.refused(404, "GET", f"/api/v1/statuses/{status['id']}")
    assert bob.get("/api/v1/notifications?types[]=mention") == []
    assert stranger.get("/api/v1/timelines/public").json == []
    assert stranger.get("/users/anna", headers={"Accept": "application/activity+json"}).status_code == 404
    mo.post(f"{ACCOUNTS}/{anna.id}/unsuspend")
    assert [each["id"] for each in bob.get("/api/v1/timelines/home")] == [status["id"]]
    assert mo.refused(403, "POST", f"{ACCOUNTS}/{anna.id}/unsuspend") == "This action is not allowed"


def test_who_is_suspended_neither_logs_in_nor_moderates_nor_lets_others_in(
    olga: Person, mo: Person, anna: Person, database: Database
) -> None:
    password, urls = Secret("four unrelated words here"), Urls("https://tea.example", True)
    with database.write() as tx:
        instance_settings.put(tx, "title", "Tea House")
        invite = invites.make(tx, mo.id)
        members.set_password(tx, mo.id, password)
    assert members.check_password(database, urls, "mo", password, "192.0.2.1") == mo.id
    _act(olga, mo.id, "suspend")
    with pytest.raises(HearthError, match="switched off"):
        members.check_password(database, urls, "mo", password, "192.0.2.1")
    with database.write() as tx:
        assert mo.id not in roles.holders(tx, Permission.MANAGE_USERS)
        for act in (
            lambda: members.help_with_password(tx, mo.id, anna.id),
            lambda: roles.require(tx, mo.id, Permission.MANAGE_USERS),
            lambda: invites.make(tx, mo.id),
            lambda: invites.check(tx, invite.token),
        ):
            with pytest.raises(Refused):
                act()


def test_a_silenced_member_is_met_by_followers_alone(mo: Person, anna: Person, bob: Person, carol: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    _act(mo, anna.id, "silence")
    anna.toot("Hello @carol #tea")
    for path in ("/api/v1/timelines/public", "/api/v1/timelines/tag/tea"):
        assert carol.get(path) == []
    assert len(bob.get("/api/v1/timelines/home")) == 1
    assert carol.get("/api/v1/notifications?types[]=mention") == [], "kept apart, since carol does not follow her"
    assert carol.get(f"/api/v1/accounts/{anna.id}")["limited"] is True
    anna.post(f"/api/v1/accounts/{carol.id}/follow")
    assert carol.get("/api/v1/follow_requests")[0]["acct"] == "anna", "whom a silenced person follows is asked first"
    mo.post(f"{ACCOUNTS}/{anna.id}/unsilence")
    assert len(carol.get("/api/v1/timelines/public")) == 1


def test_of_a_sensitive_member_all_is_sensitive(mo: Person, anna: Person, bob: Person) -> None:
    status = anna.toot("Hello")
    assert status["sensitive"] is False
    _act(mo, anna.id, "sensitive")
    assert bob.get(f"/api/v1/statuses/{status['id']}")["sensitive"] is True
    assert mo.post(f"{ACCOUNTS}/{anna.id}/unsensitive")["sensitized"] is False
    assert bob.get(f"/api/v1/statuses/{status['id']}")["sensitive"] is False


def test_a_suspended_person_of_elsewhere_follows_nobody_here_any_more(
    mo: Person, anna: Person, make_remote: MakeRemote, database: Database, urls: Urls
) -> None:
    rick = make_remote("rick")
    with database.write() as tx:
        follows.follow(tx, urls, rick, anna.id, uri="https://far.example/follows/1")
        note = RemoteStatus(
            "https://far.example/n/1", "<p>Hello</p>", Visibility.PUBLIC, tx.now_ms, mentions=(anna.id,)
        )
        statuses.receive(tx, urls, rick, note)
    assert anna.get(f"/api/v1/accounts/{anna.id}")["followers_count"] == 1
    _act(mo, rick, "suspend")
    assert anna.get(f"/api/v1/accounts/{anna.id}")["followers_count"] == 0
    assert anna.get("/api/v1/timelines/public") == []
    assert anna.get("/api/v1/notifications?types[]=mention") == []
    anna.refused(404, "POST", f"/api/v1/accounts/{rick}/follow")


def test_a_member_is_told_what_was_done_and_why(mo: Person, anna: Person) -> None:
    _act(mo, anna.id, "none", text="Please be kinder.")
    (told,) = anna.get("/api/v1/notifications")
    warning = told["moderation_warning"]
    assert (told["type"], warning["action"], warning["text"]) == ("moderation_warning", "none", "Please be kinder.")
    assert warning["target_account"]["acct"] == "anna"
    assert "mo" not in str(warning["target_account"]["username"]), "who did it is not told"


@pytest.mark.parametrize("kind", ["", "explode"])
def test_an_unknown_action_is_refused(mo: Person, anna: Person, kind: str) -> None:
    assert mo.refused(422, "POST", f"{ACCOUNTS}/{anna.id}/action", json={"type": kind}) == "Record invalid"


def test_nobody_acts_against_who_stands_as_high(mo: Person, olga: Person, make_person: MakePerson) -> None:
    for target in (olga, mo):
        mo.refused(403, "POST", f"{ACCOUNTS}/{target.id}/action", json={"type": "suspend"})
    olga.refused(403, "POST", f"{ACCOUNTS}/{olga.id}/action", json={"type": "suspend"})
    _act(olga, mo.id, "suspend")
    mo.refused(403, "GET", ACCOUNTS)


def test_only_the_owner_deletes_and_only_who_is_suspended(
    mo: Person, olga: Person, anna: Person, bob: Person, stranger: FlaskClient
) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    mine = bob.toot("Mine")
    anna.post(f"/api/v1/statuses/{mine['id']}/favourite")
    anna.post(f"/api/v1/statuses/{mine['id']}/reblog")
    status = anna.toot("Hello")
    olga.refused(403, "DELETE", f"{ACCOUNTS}/{anna.id}")
    _act(olga, anna.id, "suspend")
    mo.refused(403, "DELETE", f"{ACCOUNTS}/{anna.id}")
    assert olga.ask("DELETE", f"{ACCOUNTS}/{anna.id}").status_code == 200
    bob.refused(404, "GET", f"/api/v1/statuses/{status['id']}")
    counted = bob.get(f"/api/v1/statuses/{mine['id']}")
    assert (counted["favourites_count"], counted["reblogs_count"]) == (0, 0)
    assert bob.get(f"/api/v1/accounts/{bob.id}")["following_count"] == 0
    anna.refused(401, "GET", "/api/v1/timelines/home")
    olga.refused(403, "DELETE", f"{ACCOUNTS}/{anna.id}")


def test_a_name_of_somebody_deleted_is_not_given_again(olga: Person, anna: Person, database: Database) -> None:
    _act(olga, anna.id, "suspend")
    olga.ask("DELETE", f"{ACCOUNTS}/{anna.id}")
    with database.write() as tx:
        instance_settings.put(tx, "title", "Home")
        with pytest.raises(Exception, match="taken"):
            members.create(tx, "anna", Secret("quiet otters paint fences"))
