# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from flask.testing import FlaskClient

from appliance.fediverse.activitypub import actors, documents
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Role
from appliance.fediverse.services import accounts
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import MakePerson, Person
from tests.fediverse.media_files import form, picture

PATH = "/api/v1/profile"


@pytest.mark.usefixtures("prompt")
def test_a_profile_is_shown_as_it_was_typed(anna: Person) -> None:
    assert anna.get(PATH)["avatar"] is None
    fields = {"fields_attributes[0][name]": "a", "fields_attributes[0][value]": "https://x.example"}
    sent = form(picture()) | {"note": "I <3 #tea", "avatar_description": "A cup", "show_media": "false", **fields}
    sent["avatar"] = sent.pop("file")
    answer = anna.ask("PATCH", PATH, data=sent)
    assert answer.status_code == 200, answer.text
    shown = anna.get(PATH)
    assert answer.json == shown
    assert (shown["note"], shown["avatar_description"]) == ("I <3 #tea", "A cup")
    assert (shown["show_media"], shown["show_media_replies"], shown["show_featured"]) == (False, True, True)
    assert [(each["name"], each["value"]) for each in shown["fields"]] == [("a", "https://x.example")]
    assert shown["avatar"].startswith("http://localhost:10100/media/")
    account = anna.get(f"/api/v1/accounts/{anna.id}")
    assert (account["avatar"], account["avatar_description"]) == (shown["avatar"], "A cup")
    assert account["show_media"] is False


def test_the_older_way_changes_descriptions_and_not_what_the_page_shows(anna: Person) -> None:
    sent = {"header_description": "Hills", "show_featured": False}
    answer = anna.ask("PATCH", "/api/v1/accounts/update_credentials", json=sent).json
    assert answer is not None
    assert (answer["header_description"], answer["show_featured"]) == ("Hills", True)


def test_a_description_has_an_end(anna: Person) -> None:
    said = anna.refused(422, "PATCH", PATH, json={"avatar_description": "x" * 151})
    assert said == "Validation failed: Avatar description is too long (maximum is 150 characters)"


def test_who_may_ask(anna: Person, make_person: MakePerson, stranger: FlaskClient) -> None:
    assert stranger.get(PATH).status_code == 401
    only = make_person("anna", "profile")
    assert only.get(PATH)["id"] == str(anna.id)
    only.refused(403, "PATCH", PATH, json={"note": "x"})
    make_person("anna", "write:statuses").refused(403, "GET", PATH)


def test_it_travels_and_comes_back(anna: Person, database: Database, urls: Urls) -> None:
    sent = {"show_media": False, "show_featured": False, "attribution_domains": ["news.example"]}
    anna.ask("PATCH", PATH, json=sent)
    with database.read() as tx:
        row = accounts.by_id(tx, anna.id)
    assert row is not None
    document = documents.actor(urls, row)
    document["icon"] = {"type": "Image", "url": "https://x.example/a.png", "summary": " A cup"}
    read = actors.read(document, "x.example")
    assert (read.show_media, read.show_media_replies, read.show_featured) == (False, True, False)
    assert read.attribution_domains == ("news.example",)
    assert actors.read(document | {"attributionDomains": [7, "x"]}, "x.example").attribution_domains == ()
    assert (read.avatar_description, read.header_description) == ("A cup", "")


def test_everybody_sees_who_looks_after_the_instance(
    anna: Person, make_person: MakePerson, stranger: FlaskClient
) -> None:
    mo = make_person("mo", role=Role.MODERATOR)
    status = mo.toot("hi")
    badge = [{"id": "1", "name": "Moderator", "color": ""}]
    assert stranger.get(f"/api/v1/accounts/{mo.id}").json["roles"] == badge  # type: ignore[index]
    assert stranger.get(f"/api/v1/statuses/{status['id']}").json["account"]["roles"] == badge  # type: ignore[index]
    assert stranger.get(f"/api/v1/accounts/{anna.id}").json["roles"] == []  # type: ignore[index]
