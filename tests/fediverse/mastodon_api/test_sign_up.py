# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Role
from appliance.fediverse.oauth import apps, tokens
from appliance.fediverse.services import email_blocks, instance_settings, ip_blocks
from appliance.fediverse.services.ip_blocks import Change, Severity
from tests.fediverse.conftest import ALL, MakePerson, Person

GOOD = {
    "username": "dora",
    "email": "dora@mail.example",
    "password": "quiet otters paint fences",
    "agreement": True,
    "locale": "en",
}


@pytest.fixture
def app_token(database: Database) -> str:
    with database.write() as tx:
        instance_settings.put(tx, "title", "Home")
        instance_settings.put(tx, "registration", "open")
        app, _ = apps.register(tx, apps.NewApp("Joiner", (apps.OUT_OF_BAND,), ALL))
        return tokens.issue(tx, app.id, None, ("read", "write")).secret.reveal()


def _join(client: FlaskClient, token: str, **changes: Any) -> Any:
    form = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return client.post("/api/v1/accounts", json=form, headers={"Authorization": f"Bearer {token}"})


def test_who_joins_is_logged_in_at_once(stranger: FlaskClient, app_token: str) -> None:
    answer = _join(stranger, app_token, email=None)
    assert answer.status_code == 200, answer.text
    assert set(answer.json) == {"access_token", "token_type", "scope", "created_at"}
    headers = {"Authorization": f"Bearer {answer.json['access_token']}"}
    assert stranger.get("/api/v1/accounts/verify_credentials", headers=headers).json["acct"] == "dora"  # type: ignore[index]
    assert stranger.get("/api/v1/emails/check_confirmation", headers=headers).json is True
    again = stranger.post("/api/v1/emails/confirmations", headers=headers)
    assert again.status_code == 403
    assert "only available while the e-mail is awaiting confirmation" in again.text


def test_an_app_that_signed_nobody_up_is_told_so(anna: Person) -> None:
    assert "originally signed-up with" in anna.refused(403, "POST", "/api/v1/emails/confirmations")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"username": None}, "username", "ERR_BLANK"),
        ({"username": "no way"}, "username", "ERR_INVALID"),
        ({"username": "d" * 31}, "username", "ERR_TOO_LONG"),
        ({"username": "Admin"}, "username", "ERR_RESERVED"),
        ({"username": "ANNA"}, "username", "ERR_TAKEN"),
        ({"password": ""}, "password", "ERR_BLANK"),
        ({"password": "short"}, "password", "ERR_TOO_SHORT"),
        ({"password": "x y" * 100}, "password", "ERR_TOO_LONG"),
        ({"password": "dora12345678"}, "password", "ERR_INVALID"),
        ({"agreement": False}, "agreement", "ERR_ACCEPTED"),
        ({"agreement": None}, "agreement", "ERR_ACCEPTED"),
        ({"email": "nobody"}, "email", "ERR_INVALID"),
        ({"email": "x@spam.example"}, "email", "ERR_BLOCKED"),
        ({"email": "x@deep.spam.example"}, "email", "ERR_BLOCKED"),
        ({"email": "b.ad+1@mail.example"}, "email", "ERR_BLOCKED"),
        ({"locale": "??"}, "locale", "ERR_INCLUSION"),
        ({"reason": "x" * 1001}, "reason", "ERR_TOO_LONG"),
        ({"date_of_birth": "yesterday"}, "date_of_birth", "ERR_INVALID"),
    ],
)
def test_what_is_wrong_is_told_field_by_field(
    stranger: FlaskClient, app_token: str, anna: Person, database: Database, changes: Any, field: str, code: str
) -> None:
    with database.write() as tx:
        email_blocks.block_domain(tx, "spam.example")
        email_blocks.block_address(tx, "bad@mail.example", None)
    answer = _join(stranger, app_token, **changes)
    assert answer.status_code == 422
    words = field.replace("_", " ").capitalize()
    assert answer.json["error"].startswith(f"Validation failed: {words} ")
    assert [(name, each["error"]) for name, several in answer.json["details"].items() for each in several] == [
        (field, code)
    ]


def test_all_that_is_wrong_is_told_at_once(stranger: FlaskClient, app_token: str) -> None:
    answer = _join(stranger, app_token, username="", password="", agreement=False)
    assert set(answer.json["details"]) == {"username", "password", "agreement"}


def test_an_address_is_taken_once(stranger: FlaskClient, app_token: str) -> None:
    assert _join(stranger, app_token).status_code == 200
    answer = _join(stranger, app_token, username="dora2", email="DORA@mail.example")
    assert answer.json["details"]["email"][0]["error"] == "ERR_TAKEN"


def test_where_somebody_looks_at_requests_a_reason_is_needed_and_moderators_are_told(
    stranger: FlaskClient, app_token: str, database: Database, make_person: MakePerson
) -> None:
    mo = make_person("mo", f"{ALL} admin:read", role=Role.MODERATOR)
    with database.write() as tx:
        instance_settings.put(tx, "registration", "approval")
    assert _join(stranger, app_token).json["details"] == {
        "reason": [{"error": "ERR_BLANK", "description": "can't be blank"}]
    }
    answer = _join(stranger, app_token, reason="I like tea")
    assert answer.status_code == 200
    waiting = stranger.get(
        "/api/v1/accounts/verify_credentials", headers={"Authorization": f"Bearer {answer.json['access_token']}"}
    )
    assert waiting.status_code == 403
    (told,) = mo.get("/api/v1/notifications?types[]=admin.sign_up")
    assert told["account"]["acct"] == "dora"
    (listed,) = mo.get("/api/v1/admin/accounts?pending=true")
    assert (listed["invite_request"], listed["email"], listed["locale"]) == ("I like tea", "dora@mail.example", "en")
    assert listed["created_by_application_id"]


@pytest.mark.parametrize(
    ("severity", "status"), [(Severity.NO_SIGN_UP, 403), (Severity.NEEDS_APPROVAL, 422), (Severity.NO_ACCESS, 403)]
)
def test_addresses_that_may_not_join(
    stranger: FlaskClient, app_token: str, database: Database, severity: Severity, status: int
) -> None:
    with database.write() as tx:
        ip_blocks.add(tx, Change("127.0.0.0/8", severity))
    assert _join(stranger, app_token).status_code == status


@pytest.mark.parametrize("mode", ["closed", "invite"])
def test_where_nobody_may_join_it_is_not_allowed(
    stranger: FlaskClient, app_token: str, database: Database, mode: str
) -> None:
    with database.write() as tx:
        instance_settings.put(tx, "registration", mode)
    answer = _join(stranger, app_token)
    assert (answer.status_code, answer.json["error"]) == (403, "This action is not allowed")
