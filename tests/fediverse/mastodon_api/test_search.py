# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts as table
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, statuses
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import MakePerson, Person, remote_account

PATH = "/api/v2/search"


def _found(person: Person, query: str, **more: Any) -> list[str]:
    answer = person.get(PATH, query_string={"q": query, "type": "statuses"} | more)
    assert answer["accounts"] == answer["hashtags"] == []
    return [each["id"] for each in answer["statuses"]]


def _agree(database: Database, person: Person) -> None:
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == person.id).values(indexable=True))


def test_ones_own_posts_are_found_by_words_and_phrases(anna: Person) -> None:
    first, second = anna.toot("A cup of Tea, très chaud!")["id"], anna.toot("tea of a cup", spoiler_text="drinks")["id"]
    assert _found(anna, "tea") == [second, first]
    assert _found(anna, "TRES") == [first]
    assert _found(anna, '"cup of tea"') == [first]
    assert _found(anna, "tea -drinks") == [first]
    assert _found(anna, "drinks") == [second]
    assert _found(anna, "-drinks from:me") == [first]
    assert _found(anna, "te") == []
    assert _found(anna, "span href class p") == []


def test_of_others_only_what_one_met_or_they_offer_is_found(
    anna: Person, bob: Person, carol: Person, database: Database
) -> None:
    ids = {name: bob.toot(f"tea {name}")["id"] for name in ("plain", "liked", "kept", "boosted")}
    named = bob.toot("@anna tea")["id"]
    poll = bob.toot("tea poll", poll={"options": ["a", "b"], "expires_in": 300})
    for name, verb in (("liked", "favourite"), ("kept", "bookmark"), ("boosted", "reblog")):
        anna.post(f"/api/v1/statuses/{ids[name]}/{verb}")
    anna.post(f"/api/v1/polls/{poll['poll']['id']}/votes", {"choices": [0]})
    met = [poll["id"], named, ids["boosted"], ids["kept"], ids["liked"]]
    assert _found(anna, "tea") == _found(anna, "tea in:library") == met
    assert _found(carol, "tea") == []
    _agree(database, bob)
    assert _found(carol, "tea") == _found(anna, "tea") == [*met, ids["plain"]]
    assert _found(carol, "tea in:library") == []
    assert _found(anna, "tea in:public") == [*met, ids["plain"]]


def test_nobody_finds_what_she_may_not_see(
    anna: Person, bob: Person, carol: Person, database: Database, stranger: FlaskClient
) -> None:
    _agree(database, anna)
    public = anna.toot("tea")["id"]
    kept = anna.toot("tea for friends", visibility="private")["id"]
    anna.toot("@carol tea in secret", visibility="direct")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    bob.post(f"/api/v1/statuses/{kept}/favourite")
    assert _found(bob, "tea") == [kept, public]
    bob.post(f"/api/v1/accounts/{anna.id}/unfollow")
    assert _found(bob, "tea") == [public]
    assert stranger.get(f"{PATH}?q=tea").json == {"accounts": [], "statuses": [], "hashtags": []}
    for verb, other in (("mute", "unmute"), ("block", "unblock")):
        bob.post(f"/api/v1/accounts/{anna.id}/{verb}")
        assert _found(bob, "tea") == []
        bob.post(f"/api/v1/accounts/{anna.id}/{other}")
    anna.post(f"/api/v1/accounts/{bob.id}/block")
    assert _found(bob, "tea") == []


def test_operators_narrow_what_is_found(
    anna: Person, bob: Person, database: Database, clock: VirtualClock, urls: Urls
) -> None:
    early = anna.toot("tea", language="de", sensitive=True)["id"]
    clock.advance(3 * 24 * 3600)
    start = bob.toot("@anna tea?")["id"]
    reply = anna.toot("@bob tea!", in_reply_to_id=start, language="en")["id"]
    poll = anna.toot("tea poll", poll={"options": ["a", "b"], "expires_in": 300}, language="en")["id"]
    assert _found(anna, "tea") == [poll, reply, start, early]
    assert _found(anna, "tea from:bob") == _found(anna, "from:@bob") == [start]
    assert _found(anna, "tea -from:bob") == [poll, reply, early]
    assert _found(anna, "tea from:nobody") == []
    assert _found(anna, "tea is:reply") == [reply]
    assert _found(anna, "is:sensitive") == [early]
    assert _found(anna, "tea has:poll") == [poll]
    assert _found(anna, "tea has:media") == []
    assert _found(anna, "language:de") == [early]
    assert _found(anna, "before:2026-01-03") == [early]
    assert _found(anna, "tea after:2026-01-02") == [poll, reply, start]
    assert _found(anna, "tea during:2026-01-01") == [early]
    assert _found(anna, "tea", account_id=bob.id) == [start]
    assert _found(anna, "tea", limit=2, offset=1) == [reply, start]
    assert _found(anna, "tea", max_id=reply, min_id=early) == [start]
    with database.write() as tx:
        cy = accounts.store_remote(tx, remote_account("cy"))
        note = RemoteStatus("https://far.example/1", "<p>hi</p>", Visibility.PUBLIC, tx.now_ms, mentions=(anna.id,))
        far = statuses.receive(tx, urls, cy, note)
    assert _found(anna, "from:cy@far.example") == [str(far)]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        '""',
        "'",
        "a AND",
        "NOT",
        "OR (",
        "a*",
        "NEAR(a b)",
        "text:a",
        "-",
        "- -",
        "{a b} : c",
        "a\x0bb",
        "%",
        "\\",
        "from:",
        "from:@",
        "has:",
        "before:x",
        "x" * 500,
        "é" * 100,
        "&|!()<->:*",
        "\u202e",
    ],
)
def test_whatever_is_typed_is_answered(anna: Person, query: str) -> None:
    anna.toot("tea")
    assert anna.ask("GET", PATH, query_string={"q": query}).status_code == 200


def test_people_are_found_by_the_beginnings_of_their_names(
    anna: Person, make_person: MakePerson, database: Database
) -> None:
    other, third = make_person("annika"), make_person("joanna")
    with database.write() as tx:
        tx.execute(sa.update(table).where(table.c.id == other.id).values(display_name="Berta Ödmann"))
        far = accounts.store_remote(tx, remote_account("ann", "far.example"))

    def found(query: str, **more: Any) -> set[str]:
        asked = {"q": query, "type": "accounts"} | more
        return {each["id"] for each in anna.get(PATH, query_string=asked)["accounts"]}

    assert found("ann") == {str(anna.id), str(other.id), str(far)}
    assert found("odm ber") == {str(other.id)}
    assert found("ann@far") == found("@ann@far.example") == {str(far)}
    assert found("anna") == {str(anna.id)}
    anna.post(f"/api/v1/accounts/{third.id}/follow")
    assert found("jo", following="true") == {str(third.id)}
    assert found("ann", following="true") == set()


def test_only_reviewed_hashtags_on_request(anna: Person) -> None:
    anna.toot("#tea #teatime")
    found = anna.get(f"{PATH}?q=%23tea&type=hashtags")["hashtags"]
    assert [each["name"] for each in found] == ["tea", "teatime"]
    found = anna.get(f"{PATH}?q=tea&type=hashtags&exclude_unreviewed=true")["hashtags"]
    assert [each["name"] for each in found] == ["tea"]
    assert anna.get(f"{PATH}?q=te&type=hashtags&exclude_unreviewed=true")["hashtags"] == []


def test_strangers_may_search_but_not_page_or_ask_others(stranger: FlaskClient, anna: Person) -> None:
    found = stranger.get(f"{PATH}?q=anna").json
    assert found is not None
    assert [each["id"] for each in found["accounts"]] == [str(anna.id)]
    for more in ("resolve=true", "offset=5&type=accounts"):
        assert stranger.get(f"{PATH}?q=anna&{more}").status_code == 401
    assert stranger.get(PATH).status_code == 400


def test_a_token_must_be_one_for_searching(make_person: MakePerson) -> None:
    make_person("anna", scopes="read:statuses").refused(403, "GET", f"{PATH}?q=x")


def test_who_is_blocked_or_muted_is_found_by_the_whole_name_alone(anna: Person, bob: Person) -> None:
    for verb in ("mute", "block"):
        anna.post(f"/api/v1/accounts/{bob.id}/{verb}")
        assert anna.get(f"{PATH}?q=bo&type=accounts")["accounts"] == []
        assert [each["acct"] for each in anna.get(f"{PATH}?q=bob&type=accounts")["accounts"]] == ["bob"]
        assert bob.get(f"{PATH}?q=anna&type=accounts")["accounts"] == [] or verb == "mute"
