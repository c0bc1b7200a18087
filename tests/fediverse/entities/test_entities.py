# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every entity as an app is answered it, against what the documentation says of its fields."""

import io
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import cards, statuses
from appliance.fediverse.model import Role, Visibility
from appliance.fediverse.services import accounts, announcements, push_keys
from appliance.fediverse.services import statuses as status_service
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import ALL, MakePerson, Person, remote_account
from tests.fediverse.entities import shapes
from tests.fediverse.mastodon_api import test_push
from tests.fediverse.media_files import picture

EVERYTHING = f"{ALL} profile admin:read admin:write"


@pytest.fixture
def olga(make_person: MakePerson) -> Person:
    return make_person("olga", EVERYTHING, role=Role.OWNER)


def _are(entity: str, values: Any) -> None:
    assert values, f"nothing to compare with {entity}"
    assert [each for value in values for each in shapes.differences(entity, value)] == []


def _is(entity: str, value: Any) -> None:
    _are(entity, [value])


def _status_of(database: Database, urls: Urls, **more: Any) -> tuple[int, int]:
    """Somebody of elsewhere, and what she wrote."""
    with database.write() as tx:
        author = accounts.store_remote(tx, remote_account("far"))
        note = RemoteStatus("https://far.example/n/1", "<p>Hi</p>", Visibility.PUBLIC, tx.now_ms, **more)
        status_id = status_service.receive(tx, urls, author, note)
    assert status_id is not None
    return author, status_id


def test_people(anna: Person, bob: Person, olga: Person, database: Database, urls: Urls, stranger: FlaskClient) -> None:
    far, _ = _status_of(database, urls)
    form = {"note": "hi", "fields_attributes": [{"name": "a", "value": "https://x.example"}]}
    _is("CredentialAccount", anna.ask("PATCH", "/api/v1/accounts/update_credentials", json=form).json)
    _is("CredentialAccount", olga.get("/api/v1/accounts/verify_credentials"))
    for each in (anna.id, olga.id, far):
        _is("Account", stranger.get(f"/api/v1/accounts/{each}").json)
    _is("Relationship", bob.post(f"/api/v1/accounts/{anna.id}/follow"))
    _are("Relationship", bob.get(f"/api/v1/accounts/relationships?id[]={anna.id}&id[]={far}"))
    bob.post(f"/api/v1/accounts/{olga.id}/mute", {"duration": 600})
    bob.post(f"/api/v1/accounts/{far}/mute")
    _are("MutedAccount", bob.get("/api/v1/mutes"))
    bob.post(f"/api/v1/accounts/{far}/block")
    _are("Account", bob.get("/api/v1/blocks"))
    _are("Account", anna.get(f"/api/v1/accounts/{anna.id}/followers"))
    olga.post(f"/api/v1/accounts/{bob.id}/follow")
    _are("FamiliarFollowers", olga.get(f"/api/v1/accounts/familiar_followers?id[]={anna.id}"))
    _are("Suggestion", olga.get("/api/v2/suggestions"))
    _is("Preferences", anna.get("/api/v1/preferences"))
    _are("Account", stranger.get("/api/v1/directory").json)


def test_a_suspended_account_shows_nothing_of_itself(
    olga: Person, database: Database, urls: Urls, stranger: FlaskClient
) -> None:
    far, _ = _status_of(database, urls)
    olga.post(f"/api/v1/admin/accounts/{far}/action", {"type": "suspend"})
    shown = stranger.get(f"/api/v1/accounts/{far}").json
    assert shown is not None
    _is("Account", shown)
    assert shown["suspended"] is True
    _is("Admin::Account", olga.get(f"/api/v1/admin/accounts/{far}"))


@pytest.mark.usefixtures("prompt")
def test_statuses(anna: Person, bob: Person, database: Database, urls: Urls, stranger: FlaskClient) -> None:
    file = {"file": (io.BytesIO(picture()), "a.png"), "description": "x", "focus": "0.1,-0.1"}
    media = anna.ask("POST", "/api/v2/media", data=file).json
    assert media is not None
    _is("MediaAttachment", media)
    status = anna.toot("Hello @bob #tea", media_ids=[media["id"]])
    _is("Status", status)
    _is("Status", stranger.get(f"/api/v1/statuses/{status['id']}").json)
    poll = anna.toot("?", poll={"options": ["a", "b"], "expires_in": 300, "multiple": True})
    _is("Status", poll)
    _is("Poll", bob.post(f"/api/v1/polls/{poll['poll']['id']}/votes", {"choices": [0]}))
    bob.post("/api/v2/filters", {"title": "t", "context": ["public"], "keywords_attributes": [{"keyword": "hello"}]})
    assert bob.get(f"/api/v1/statuses/{status['id']}")["filtered"]
    _is("Status", bob.get(f"/api/v1/statuses/{status['id']}"))
    _is("Status", bob.post(f"/api/v1/statuses/{status['id']}/reblog"))
    bob.toot("no", in_reply_to_id=status["id"])
    _is("Context", stranger.get(f"/api/v1/statuses/{status['id']}/context").json)
    _is("StatusSource", anna.get(f"/api/v1/statuses/{status['id']}/source"))
    anna.ask("PUT", f"/api/v1/statuses/{poll['id']}", json={"status": "??"})
    _are("StatusEdit", anna.get(f"/api/v1/statuses/{poll['id']}/history"))
    _, far = _status_of(database, urls)
    _is("Status", anna.get(f"/api/v1/statuses/{far}"))
    gone = anna.ask("DELETE", f"/api/v1/statuses/{status['id']}").json
    assert gone is not None
    assert shapes.differences("Status", gone) == []


def test_a_card_and_what_trends(anna: Person, bob: Person, olga: Person, database: Database) -> None:
    posts = [each.toot("https://news.example/1 #tea") for each in (anna, bob)]
    with database.write() as tx:
        values = {"url": "https://news.example/1", "title": "News", "description": "d", "fetched_at": tx.now_ms}
        tx.execute(sa.insert(cards).values(id=1, author_name="Ann", published_at=tx.now_ms, **values))
        ids = [int(each["id"]) for each in posts]
        tx.execute(sa.update(statuses).where(statuses.c.id.in_(ids)).values(card_id=1))
    shown = anna.get(f"/api/v1/statuses/{posts[0]['id']}")
    _is("Status", shown)
    _is("PreviewCard", shown["card"])
    _are("Trends::Link", anna.get("/api/v1/trends/links"))
    _are("Tag", anna.get("/api/v1/trends/tags"))
    _is("Tag", anna.get("/api/v1/tags/tea"))
    _is("FeaturedTag", anna.post("/api/v1/featured_tags", {"name": "tea"}))
    _are("FeaturedTag", bob.get(f"/api/v1/accounts/{anna.id}/featured_tags"))
    _are("Admin::Tag", olga.get("/api/v1/admin/trends/tags"))
    search = anna.get("/api/v2/search?q=tea")
    _is("Search", search)
    assert search["hashtags"]
    assert search["statuses"]


@pytest.mark.usefixtures("prompt")
def test_what_is_scheduled(anna: Person) -> None:
    file = {"file": (io.BytesIO(picture()), "a.png")}
    media = anna.ask("POST", "/api/v2/media", data=file).json
    assert media is not None
    at = {"scheduled_at": "2099-01-01T00:00:00Z"}
    _is("ScheduledStatus", anna.toot("later", media_ids=[media["id"]], **at))
    _is("ScheduledStatus", anna.toot("?", poll={"options": ["a", "b"], "expires_in": 300}, **at))


def test_notifications(anna: Person, bob: Person, olga: Person, database: Database) -> None:
    status = anna.toot("x")
    bob.post(f"/api/v1/statuses/{status['id']}/favourite")
    olga.post(f"/api/v1/statuses/{status['id']}/favourite")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    bob.toot("hi @anna")
    olga.post(f"/api/v1/admin/accounts/{anna.id}/action", {"type": "none", "text": "careful"})
    anna.post("/api/v1/reports", {"account_id": bob.id, "comment": "x"})
    with database.write() as tx:
        far = accounts.store_remote(tx, remote_account("far"))
    anna.post(f"/api/v1/accounts/{far}/follow")
    anna.post("/api/v1/domain_blocks", {"domain": "far.example"})
    told = anna.get("/api/v1/notifications")
    _are("Notification", told)
    assert {"favourite", "follow", "mention", "moderation_warning"} <= {each["type"] for each in told}
    _are("Notification", olga.get("/api/v1/notifications"))
    assert "admin.report" in {each["type"] for each in olga.get("/api/v1/notifications")}
    for query in ("", "?expand_accounts=partial_avatars"):
        _is("GroupedNotificationsResults", anna.get(f"/api/v2/notifications{query}"))
    _is("NotificationPolicy", anna.get("/api/v2/notifications/policy"))
    _is("V1::NotificationPolicy", anna.get("/api/v1/notifications/policy"))
    _are("Marker", anna.post("/api/v1/markers", {"home": {"last_read_id": status["id"]}}).values())


def test_requests_of_strangers(anna: Person, bob: Person) -> None:
    anna.ask("PATCH", "/api/v2/notifications/policy", json={"for_not_following": "filter"})
    bob.toot("hi @anna")
    _are("NotificationRequest", anna.get("/api/v1/notifications/requests"))
    _are("Notification", anna.get("/api/v1/notifications?include_filtered=true"))


def test_lists_filters_and_conversations(anna: Person, bob: Person) -> None:
    _is("List", anna.post("/api/v1/lists", {"title": "Friends"}))
    form = {"title": "t", "context": ["home"], "keywords_attributes": [{"keyword": "x", "whole_word": True}]}
    made = anna.post("/api/v2/filters", form)
    status = anna.toot("y")
    _is("FilterStatus", anna.post(f"/api/v2/filters/{made['id']}/statuses", {"status_id": status["id"]}))
    _is("Filter", anna.get(f"/api/v2/filters/{made['id']}"))
    _are("FilterKeyword", anna.get(f"/api/v2/filters/{made['id']}/keywords"))
    _are("V1::Filter", anna.get("/api/v1/filters"))
    bob.toot("@anna psst", visibility="direct")
    _are("Conversation", anna.get("/api/v1/conversations"))


def test_the_instance(olga: Person, stranger: FlaskClient) -> None:
    shown = stranger.get("/api/v2/instance").json
    # Where the project's code is published is nowhere said.
    assert shapes.differences("Instance", shown) == ["Instance.source_url is no url but ''"]
    _is("V1::Instance", stranger.get("/api/v1/instance").json)
    _is("ExtendedDescription", stranger.get("/api/v1/instance/extended_description").json)
    _is("PrivacyPolicy", stranger.get("/api/v1/instance/privacy_policy").json)
    olga.post("/api/v1/admin/domain_blocks", {"domain": "bad.example", "severity": "suspend"})


def test_apps_and_push(anna: Person, database: Database, stranger: FlaskClient) -> None:
    push_keys.ensure(database)
    form = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    made = stranger.post("/api/v1/apps", json=form).json
    _is("CredentialApplication", made)
    assert made is not None
    _is("Application", anna.get("/api/v1/apps/verify_credentials"))
    keys = {name: made[name] for name in ("client_id", "client_secret")}
    _is("Token", stranger.post("/oauth/token", json={"grant_type": "client_credentials", **keys}).json)
    _is("WebPushSubscription", anna.post(test_push.PATH, test_push.body()))


def test_what_moderators_see(olga: Person, anna: Person, bob: Person, clock: VirtualClock) -> None:
    anna.get("/api/v1/accounts/verify_credentials")
    _are("Admin::Account", olga.get("/api/v2/admin/accounts"))
    status = bob.toot("bad")
    report = {"account_id": bob.id, "status_ids": [status["id"]], "comment": "x", "category": "spam"}
    _is("Report", anna.post("/api/v1/reports", report))
    (filed,) = olga.get("/api/v1/admin/reports")
    _is("Admin::Report", filed)
    _is("Admin::Report", olga.post(f"/api/v1/admin/reports/{filed['id']}/resolve"))
    admin = "/api/v1/admin"
    _is("Admin::DomainBlock", olga.post(f"{admin}/domain_blocks", {"domain": "bad.example", "severity": "silence"}))
    _is("Admin::DomainAllow", olga.post(f"{admin}/domain_allows", {"domain": "good.example"}))
    _is("Admin::EmailDomainBlock", olga.post(f"{admin}/email_domain_blocks", {"domain": "mail.example"}))
    _is("Admin::CanonicalEmailBlock", olga.post(f"{admin}/canonical_email_blocks", {"email": "a@b.example"}))
    _is("Admin::IpBlock", olga.post(f"{admin}/ip_blocks", {"ip": "192.0.2.0/24", "severity": "no_access"}))
    today = clock.now().date().isoformat()
    days = {"start_at": today, "end_at": today}
    keys = ["active_users", "new_users", "interactions", "opened_reports", "resolved_reports"]
    _are("Admin::Measure", olga.post(f"{admin}/measures", {"keys": keys, **days}))
    _are("Admin::Dimension", olga.post(f"{admin}/dimensions", {"keys": ["languages", "software_versions"], **days}))
    _are("Admin::Cohort", olga.post(f"{admin}/retention", {"frequency": "day", **days}))


def test_announcements(olga: Person, database: Database) -> None:
    with database.write() as tx:
        announcements.publish(tx, announcements.NewAnnouncement("Hello @olga #tea"))
    (shown,) = olga.get("/api/v1/announcements")
    olga.ask("PUT", f"/api/v1/announcements/{shown['id']}/reactions/🎉")
    (shown,) = olga.get("/api/v1/announcements")
    _is("Announcement", shown)


def test_the_profile(anna: Person) -> None:
    _is("Profile", anna.get("/api/v1/profile"))
    anna.post("/api/v1/featured_tags", {"name": "tea"})
    _is("Profile", anna.ask("PATCH", "/api/v1/profile", json={"fields_attributes": [{"name": "a", "value": "b"}]}).json)


def test_a_difference_is_found() -> None:
    role = {"id": "1", "name": 7, "color": None, "permissions": "1", "highlighted": True, "new": 1}
    assert shapes.differences("Role", role) == [
        "Role.name is no string but 7",
        "Role.color is null",
        "Role.collection_limit is missing",
        "Role.new is nowhere documented",
    ]
