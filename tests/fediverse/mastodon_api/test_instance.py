# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.mastodon_api import empty
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


@pytest.mark.parametrize("path", [route.path for route in empty.ROUTES])
def test_what_there_is_none_of_is_an_empty_list(anna: Person, path: str) -> None:
    assert anna.get(path) == []


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/accounts/1/mute", "/api/"])
def test_everything_else_is_not_found_in_json(anna: Person, path: str) -> None:
    assert anna.refused(404, "POST", path) == "Record not found"


def test_pictures_are_served_and_nothing_beside_them(stranger: FlaskClient) -> None:
    answer = stranger.get("/pictures/avatar-0.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    answer.close()
    assert stranger.get("/pictures/../pictures.py").status_code == 404
    assert stranger.get("/pictures/%2e%2e%2fpictures.py").status_code == 404
