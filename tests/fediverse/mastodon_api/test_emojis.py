# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from flask.testing import FlaskClient

from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, emojis, statuses
from appliance.fediverse.services.remote import RemoteEmoji, RemotePoll, RemoteStatus
from appliance.fediverse.urls import Urls
from tests.fediverse.conftest import ORIGIN, Person, remote_account

DOCUMENT = {"Accept": "application/activity+json"}
FAR = "https://far.example/blobcat.png"


@pytest.fixture
def teapot(database: Database) -> str:
    """An emoji of ours; the name of its file."""
    with database.write() as tx:
        emojis.add(tx, "teapot", "ab/teapot.png", category="Kitchen")
    return "ab/teapot.png"


def test_the_instances_own_can_be_chosen(stranger: FlaskClient, teapot: str) -> None:
    url = f"{ORIGIN}/media/{teapot}"
    assert stranger.get("/api/v1/custom_emojis").json == [
        {"shortcode": "teapot", "url": url, "static_url": url, "visible_in_picker": True, "category": "Kitchen"}
    ]


def test_what_uses_them_says_so(anna: Person, teapot: str) -> None:
    poll = {"options": ["a :teapot:", "b"], "expires_in": 3600}
    status = anna.toot(":teapot: and :nothing: at 10:30:45", poll=poll)
    assert [each["shortcode"] for each in status["emojis"]] == ["teapot"]
    assert [each["shortcode"] for each in status["poll"]["emojis"]] == ["teapot"]
    assert anna.get(f"/api/v1/polls/{status['poll']['id']}")["emojis"] == status["poll"]["emojis"]
    assert ":teapot:" in status["content"]
    document = anna.client.get(status["uri"].removeprefix(ORIGIN), headers=DOCUMENT).json
    assert document is not None
    (tag,) = document["tag"]
    assert (tag["type"], tag["name"], tag["icon"]["url"]) == ("Emoji", ":teapot:", f"{ORIGIN}/media/{teapot}")
    edited = anna.ask("PUT", f"/api/v1/statuses/{status['id']}", json={"status": "no more"}).json
    assert edited is not None
    assert edited["emojis"] == []


def test_names_have_them_too(anna: Person, teapot: str) -> None:
    changed = anna.ask("PATCH", "/api/v1/accounts/update_credentials", json={"display_name": "Anna :teapot:"}).json
    assert changed is not None
    assert [each["shortcode"] for each in changed["emojis"]] == ["teapot"]
    person = anna.client.get("/users/anna", headers=DOCUMENT).json
    assert person is not None
    assert person["tag"][0]["name"] == ":teapot:"


def test_those_of_others_are_shown_from_here_and_kept_apart(
    anna: Person, database: Database, urls: Urls, teapot: str
) -> None:
    given = (RemoteEmoji("blobcat", FAR), RemoteEmoji("unused", FAR), RemoteEmoji("teapot", FAR))
    poll = RemotePoll((":blobcat:", "no"), (0, 0), None, False, None)
    with database.write() as tx:
        rita = accounts.store_remote(tx, remote_account("rita", display_name="Rita :blobcat:", emojis=given))
        note = RemoteStatus(
            "https://far.example/1", "<p>:teapot:</p>", Visibility.PUBLIC, tx.now_ms, poll=poll, emojis=given
        )
        status_id = statuses.receive(tx, urls, rita, note)
    status = anna.get(f"/api/v1/statuses/{status_id}")
    assert [each["shortcode"] for each in status["emojis"]] == ["blobcat", "teapot"]
    assert [each["shortcode"] for each in status["poll"]["emojis"]] == ["blobcat"]
    assert [each["shortcode"] for each in status["account"]["emojis"]] == ["blobcat"]
    assert FAR not in str(status)
    assert all(each["url"].startswith(ORIGIN) for each in status["emojis"])
    assert len(anna.get("/api/v1/custom_emojis")) == 1


@pytest.mark.parametrize("name", ["x", "a b", "ä" * 3, "a" * 101, ":teapot:", ""])
def test_names_that_cannot_stand_between_colons(database: Database, name: str) -> None:
    with database.write() as tx, pytest.raises(BadInput):
        emojis.add(tx, name, "ab/x.png")


def test_a_name_is_given_once_and_can_be_taken_back(database: Database, teapot: str) -> None:
    with database.write() as tx:
        with pytest.raises(HearthError, match="emoji of that name"):
            emojis.add(tx, "teapot", "ab/x.png")
        emojis.remove(tx, "teapot")
        assert emojis.every(tx) == []
        with pytest.raises(HearthError):
            emojis.remove(tx, "teapot")
