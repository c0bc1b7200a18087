# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.services import instance_settings
from tests.fediverse.conftest import MakePerson, Person


def test_before_set_up_the_instance_answers_and_nobody_can_join(stranger: FlaskClient) -> None:
    second, first = stranger.get("/api/v2/instance"), stranger.get("/api/v1/instance")
    assert second.status_code == first.status_code == 200
    assert second.json is not None
    assert first.json is not None
    assert second.json["registrations"]["enabled"] is False
    assert first.json["registrations"] is False
    assert second.json["contact"]["account"] is None


def test_after_set_up_it_says_who_it_is(stranger: FlaskClient, database: Database, make_person: MakePerson) -> None:
    from appliance.fediverse.model import Role

    make_person("anna", role=Role.OWNER)
    with database.write() as tx:
        for key, value in {
            "title": "Home",
            "description": "Ours",
            "rules": "Be kind",
            "registration": "approval",
        }.items():
            instance_settings.put(tx, key, value)
    answer = stranger.get("/api/v2/instance").json
    assert answer is not None
    assert (answer["title"], answer["description"], answer["domain"]) == ("Home", "Ours", "localhost:10100")
    assert answer["registrations"]["approval_required"] is True
    assert answer["contact"]["account"]["acct"] == "anna"
    assert [rule["text"] for rule in answer["rules"]] == ["Be kind"]
    assert stranger.get("/api/v1/instance/rules").json == answer["rules"]
    described = stranger.get("/api/v1/instance/extended_description").json
    assert described is not None
    assert described["content"] == "<p>Ours</p>"


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/accounts/1/mute", "/api/"])
def test_everything_else_is_not_found_in_json(anna: Person, path: str) -> None:
    assert anna.refused(404, "POST", path) == "Record not found"


def test_pictures_are_served_and_nothing_beside_them(stranger: FlaskClient) -> None:
    answer = stranger.get("/pictures/avatar-0.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    answer.close()
    assert stranger.get("/pictures/../pictures.py").status_code == 404
    assert stranger.get("/pictures/%2e%2e%2fpictures.py").status_code == 404


def test_the_documents_of_the_instance(stranger: FlaskClient, database: Database) -> None:
    policy = stranger.get("/api/v1/instance/privacy_policy").json
    assert policy is not None
    assert "no mail is sent" in policy["content"]
    assert stranger.get("/api/v1/instance/terms_of_service").status_code == 404
    with database.write() as tx:
        for key, value in {
            "terms": "Be good.",
            "privacy_policy": "Ours.",
            "extended_description": "More.\n\nStill.",
        }.items():
            instance_settings.put(tx, key, value)
        today = tx.now.date().isoformat()
    terms = stranger.get("/api/v1/instance/terms_of_service").json
    assert terms == {"effective_date": today, "effective": True, "content": "<p>Be good.</p>", "succeeded_by": None}
    assert stranger.get(f"/api/v1/instance/terms_of_service/{today}").json == terms
    assert stranger.get("/api/v1/instance/terms_of_service/2001-01-01").status_code == 404
    assert stranger.get("/api/v1/instance/privacy_policy").json["content"] == "<p>Ours.</p>"  # type: ignore[index]
    described = stranger.get("/api/v1/instance/extended_description").json
    assert described is not None
    assert described["content"] == "<p>More.</p><p>Still.</p>"
    assert described["updated_at"].startswith(today)
    for path, words in (("/privacy-policy", "Ours."), ("/terms-of-service", "Be good.")):
        assert words in stranger.get(path).text


def test_activity_is_told_by_weeks(anna: Person, stranger: FlaskClient) -> None:
    anna.toot("One")
    anna.toot("Two", visibility="private")
    weeks = stranger.get("/api/v1/instance/activity").json
    assert weeks is not None
    assert len(weeks) == 12
    assert (weeks[0]["statuses"], weeks[0]["registrations"], weeks[1]["statuses"]) == ("1", "1", "0")
    assert int(weeks[0]["week"]) - int(weeks[1]["week"]) == 7 * 24 * 3600


def test_languages_are_named(stranger: FlaskClient) -> None:
    languages = stranger.get("/api/v1/instance/languages").json
    assert languages is not None
    assert {"code": "de", "name": "German"} in languages
    assert stranger.get("/api/v1/instance/translation_languages").json == {}


def test_the_configuration_is_complete(stranger: FlaskClient) -> None:
    answer = stranger.get("/api/v2/instance").json
    assert answer is not None
    assert answer["api_versions"] == {"mastodon": 10}
    configuration = answer["configuration"]
    assert set(configuration) >= {"urls", "vapid", "accounts", "statuses", "media_attachments", "polls", "translation"}
    assert configuration["urls"]["privacy_policy"] == "http://localhost:10100/privacy-policy"
    assert configuration["urls"]["terms_of_service"] is None
