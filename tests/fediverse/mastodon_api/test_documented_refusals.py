# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words that the documentation refuses with: apps show them, and some look for them."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.model import Role
from appliance.fediverse.services import pins
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import ALL, MakePerson, Person

NOTHING: dict[str, Any] = {}
BLANK = "can't be blank"
CONTEXT = f"Context {BLANK}, Context None or invalid context supplied"


@pytest.fixture
def olga(make_person: MakePerson) -> Person:
    return make_person("olga", f"{ALL} admin:read admin:write", role=Role.OWNER)


@pytest.mark.parametrize(
    ("method", "path", "sent", "sentence"),
    [
        ("POST", "/api/v1/statuses", NOTHING, f"Validation failed: Text {BLANK}"),
        ("POST", "/api/v1/lists", NOTHING, f"Validation failed: Title {BLANK}"),
        ("POST", "/api/v1/lists", {"title": "a", "replies_policy": "some"}, "'some' is not a valid replies_policy"),
        ("POST", "/api/v2/filters", NOTHING, f"Validation failed: Title {BLANK}, {CONTEXT}"),
        ("POST", "/api/v1/filters", {"context": ["home"]}, f"Validation failed: Phrase {BLANK}"),
        ("POST", "/api/v1/filters", {"phrase": "a"}, f"Validation failed: {CONTEXT}"),
        ("POST", "/api/v1/featured_tags", {"name": "a b"}, "Validation failed: Tag is invalid"),
        ("POST", "/api/v1/domain_blocks", {"domain": "a b"}, "Validation failed: Domain is not a valid domain name"),
        (
            "POST",
            "/api/v1/apps",
            {"client_name": "x", "redirect_uris": "x"},
            "Validation failed: Redirect URI must be an absolute URI.",
        ),
        ("POST", "/api/v1/admin/domain_allows", NOTHING, f"Validation failed: Domain {BLANK}"),
        ("POST", "/api/v1/admin/domain_blocks", NOTHING, f"Validation failed: Domain {BLANK}"),
        ("POST", "/api/v1/admin/email_domain_blocks", NOTHING, f"Validation failed: Domain {BLANK}"),
        ("POST", "/api/v1/admin/ip_blocks", {"ip": "192.0.2.0/24"}, f"Validation failed: Severity {BLANK}"),
    ],
)
def test_what_is_missing_or_wrong(olga: Person, method: str, path: str, sent: Any, sentence: str) -> None:
    assert olga.refused(422, method, path, json=sent) == sentence


def test_keywords(anna: Person) -> None:
    made = anna.post("/api/v2/filters", {"title": "t", "context": ["home"], "keywords_attributes": [{"keyword": "a"}]})
    path = f"/api/v2/filters/{made['id']}/keywords"
    assert anna.refused(422, "POST", path, json={}) == f"Validation failed: Keyword {BLANK}"
    one = f"/api/v2/filters/keywords/{made['keywords'][0]['id']}"
    assert anna.refused(422, "PUT", one, json={"keyword": ""}) == f"Validation failed: Keyword {BLANK}"


def test_what_is_already_so(anna: Person, bob: Person) -> None:
    made = anna.post("/api/v1/lists", {"title": "a"})
    path = f"/api/v1/accounts/{bob.id}/endorse"
    said = "Validation failed: You must be already following the person you want to endorse"
    assert anna.refused(422, "POST", path) == said
    assert anna.refused(404, "POST", f"/api/v1/lists/{made['id']}/accounts", json={"account_ids": [bob.id]})
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    anna.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [bob.id]})
    again = anna.refused(422, "POST", f"/api/v1/lists/{made['id']}/accounts", json={"account_ids": [bob.id]})
    assert again == "Validation failed: Account has already been taken"


def test_votes(anna: Person, bob: Person, clock: VirtualClock) -> None:
    path = f"/api/v1/polls/{anna.toot('?', poll={'options': ['a', 'b'], 'expires_in': 300})['poll']['id']}/votes"
    bob.post(path, {"choices": [0]})
    sent: Any = {"json": {"choices": [0]}}
    assert bob.refused(422, "POST", path, **sent) == "Validation failed: You have already voted on this poll"
    clock.advance(400)
    assert bob.refused(422, "POST", path, **sent) == "Validation failed: The poll has already ended"


def test_pins(anna: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(status: Any) -> str:
        return anna.refused(422, "POST", f"/api/v1/statuses/{status['id']}/pin")

    assert refused(bob.toot("x")) == "Validation failed: Someone else's post cannot be pinned"
    secret = refused(anna.toot("x", visibility="direct"))
    assert secret == "Validation failed: Posts that are only visible to mentioned users cannot be pinned"
    monkeypatch.setattr(pins, "MOST", 0)
    assert refused(anna.toot("x")) == "Validation failed: You have already pinned the maximum number of posts"


def test_rules_of_a_report(anna: Person, bob: Person) -> None:
    sent = {"account_id": bob.id, "category": "violation", "rule_ids": [99]}
    said = anna.refused(422, "POST", "/api/v1/reports", json=sent)
    assert said == "Validation failed: Rule ids does not reference valid rules"


def test_the_past_is_over(anna: Person) -> None:
    made = anna.toot("x", scheduled_at="2099-01-01T00:00:00Z")
    sent = {"scheduled_at": "2001-01-01T00:00:00Z"}
    said = anna.refused(422, "PUT", f"/api/v1/scheduled_statuses/{made['id']}", json=sent)
    assert said == "Validation failed: Scheduled at The scheduled date must be in the future"


def test_who_may_not(anna: Person, bob: Person, make_person: MakePerson, stranger: FlaskClient) -> None:
    answer = stranger.get("/api/v1/timelines/home")
    assert (answer.status_code, answer.json) == (401, {"error": "The access token is invalid"})
    assert anna.refused(404, "GET", "/api/v1/accounts/1") == "Record not found"
    less = make_person("anna", "read:accounts")
    assert less.refused(403, "GET", "/api/v1/mutes") == "This action is outside the authorized scopes"
    assert anna.refused(403, "GET", "/api/v1/admin/accounts") == "This action is outside the authorized scopes"
    much = make_person("anna", "admin:read")
    assert much.refused(403, "GET", "/api/v1/admin/accounts") == "This action is not allowed"
    bob.post(f"/api/v1/accounts/{anna.id}/block")
    assert anna.refused(403, "POST", f"/api/v1/accounts/{bob.id}/follow") == "This action is not allowed"


def test_an_app_of_its_own_is_nobody(stranger: FlaskClient) -> None:
    form = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    made = stranger.post("/api/v1/apps", json=form).json
    assert made is not None
    keys = {name: made[name] for name in ("client_id", "client_secret")}
    sent = {"grant_type": "client_credentials", "scope": "read write", **keys}
    token = stranger.post("/oauth/token", json=sent).json
    assert token is not None
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    for path in ("accounts/verify_credentials", "blocks", "notifications", "profile"):
        answer = stranger.get(f"/api/v1/{path}", headers=headers)
        assert (answer.status_code, answer.json) == (422, {"error": "This method requires an authenticated user"})
