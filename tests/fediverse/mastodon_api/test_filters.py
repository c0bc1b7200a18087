# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import statuses
from appliance.fediverse.mastodon_api.entities import filters as entities
from appliance.fediverse.services import filters
from appliance.fediverse.services.filters import MAX_FILTERS, MAX_KEYWORD, MAX_WORDS
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import MakePerson, Person

V1, V2 = "/api/v1/filters", "/api/v2/filters"


def _make(person: Person, *words: str, **more: Any) -> Any:
    asked = {"title": "Dull", "context": ["home"], "keywords_attributes": [{"keyword": word} for word in words]} | more
    return person.post(V2, asked)


def _met(database: Database, viewer: Person, *status_ids: str) -> list[list[Any]]:
    """What filters each of the statuses meets, as it is shown."""
    with database.read() as tx:
        rows = {row.id: row for row in tx.all(sa.select(statuses))}
        found = filters.matches(tx, viewer.id, list(rows.values()))
        return [entities.results(found.get(int(each), [])) for each in status_ids]


def test_a_filter_is_made_shown_changed_and_deleted(anna: Person) -> None:
    made = _make(anna, "football", "rain", filter_action="hide", expires_in=3600)
    assert made["title"] == "Dull"
    assert made["context"] == ["home"]
    assert made["filter_action"] == "hide"
    assert made["expires_at"].endswith("Z")
    assert [(each["keyword"], each["whole_word"]) for each in made["keywords"]] == [("football", True), ("rain", True)]
    assert made["statuses"] == []
    first, second = (each["id"] for each in made["keywords"])
    path = f"{V2}/{made['id']}"
    changed = anna.ask(
        "PUT",
        path,
        json={
            "filter_action": "blur",
            "expires_in": "",
            "keywords_attributes": [{"id": first, "_destroy": True}, {"id": second, "keyword": "snow"}],
        },
    ).json
    assert changed == anna.get(path)
    assert changed is not None
    assert (changed["filter_action"], changed["expires_at"]) == ("blur", None)
    assert changed["keywords"] == [{"id": second, "keyword": "snow", "whole_word": True}]
    assert anna.get(V2) == [changed]
    assert anna.ask("DELETE", path).json == {}
    assert anna.get(V2) == []
    anna.refused(404, "GET", path)


def test_a_form_names_the_parts_of_keywords_in_order(anna: Person) -> None:
    made = anna.ask(
        "POST",
        f"{V2}?title=test&context[]=public&keywords_attributes[][keyword]=foo"
        "&keywords_attributes[][whole_word]=false&keywords_attributes[][keyword]=bar",
    ).json
    assert made is not None
    assert [(each["keyword"], each["whole_word"]) for each in made["keywords"]] == [("foo", False), ("bar", True)]
    ids = [each["id"] for each in made["keywords"]]
    form = f"keywords_attributes[][id]={ids[0]}&keywords_attributes[][_destroy]=true&keywords_attributes[][id]={ids[1]}"
    changed = anna.ask(
        "PUT",
        f"{V2}/{made['id']}",
        data=f"{form}&keywords_attributes[][keyword]=baz",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    ).json
    assert changed is not None
    assert [each["keyword"] for each in changed["keywords"]] == ["baz"]


def test_keywords_and_statuses_are_added_and_removed_one_by_one(anna: Person, bob: Person) -> None:
    status = bob.toot("hello")
    path = f"{V2}/{_make(anna)['id']}"
    word = anna.post(f"{path}/keywords", {"keyword": "tea", "whole_word": False})
    assert anna.get(f"{path}/keywords") == [word]
    assert anna.get(f"{V2}/keywords/{word['id']}") == word
    changed = anna.ask("PUT", f"{V2}/keywords/{word['id']}", json={"keyword": "coffee"}).json
    assert changed == {"id": word["id"], "keyword": "coffee", "whole_word": False}
    marked = anna.post(f"{path}/statuses", {"status_id": status["id"]})
    assert marked["status_id"] == status["id"]
    anna.refused(422, "POST", f"{path}/statuses", json={"status_id": status["id"]})
    assert anna.get(f"{path}/statuses") == [marked] == [anna.get(f"{V2}/statuses/{marked['id']}")]
    assert anna.get(path)["statuses"] == [marked]
    for part in (f"keywords/{word['id']}", f"statuses/{marked['id']}"):
        assert anna.ask("DELETE", f"{V2}/{part}").json == {}
        anna.refused(404, "GET", f"{V2}/{part}")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({}, "Title can't be blank, Context can't be blank, Context None or invalid context supplied"),
        ({"title": "x", "context": ["nowhere"]}, "Context None or invalid context supplied"),
        ({"title": "x" * 257, "context": ["home"]}, "Title is too long"),
        ({"title": "x", "context": ["home"], "filter_action": "explode"}, "filter_action"),
        ({"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": " "}]}, "Keyword can't be blank"),
        ({"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x" * 513}]}, "Keyword is too long"),
        ({"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "x"}] * 101}, "100 keywords"),
        ({"title": "x", "context": ["home"], "expires_in": "soon"}, "expires_in"),
    ],
)
def test_what_makes_no_sense_is_refused(anna: Person, asked: dict[str, Any], sentence: str) -> None:
    assert sentence in anna.refused(422, "POST", V2, json=asked)
    assert anna.get(V2) == []


def test_nobody_fills_the_disk_with_filters(anna: Person) -> None:
    for _ in range(MAX_FILTERS):
        _make(anna)
    assert "at most" in anna.refused(422, "POST", V2, json={"title": "x", "context": ["home"]})


def test_nobody_reaches_the_filters_of_others(anna: Person, bob: Person, make_person: MakePerson) -> None:
    made = _make(anna, "tea")
    status = bob.toot("hidden from bea", visibility="direct")
    word = made["keywords"][0]["id"]
    mark = anna.post(f"{V2}/{made['id']}/statuses", {"status_id": anna.toot("mine")["id"]})["id"]
    for path in (f"{V2}/{made['id']}", f"{V2}/keywords/{word}", f"{V2}/statuses/{mark}", f"{V1}/{word}"):
        bob.refused(404, "GET", path)
        bob.refused(404, "DELETE", path)
    for path in (f"{V2}/{made['id']}", f"{V2}/keywords/{word}", f"{V1}/{word}"):
        bob.refused(404, "PUT", path, json={"title": "x", "keyword": "x", "phrase": "x"})
    bob.refused(404, "POST", f"{V2}/{made['id']}/keywords", json={"keyword": "x"})
    bob.refused(404, "POST", f"{V2}/{made['id']}/statuses", json={"status_id": 1})
    own = _make(bob)["id"]
    bob.refused(404, "PUT", f"{V2}/{own}", json={"keywords_attributes": [{"id": word, "keyword": "mine"}]})
    anna.refused(404, "POST", f"{V2}/{made['id']}/statuses", json={"status_id": status["id"]})
    reader = make_person("anna", scopes="read")
    reader.refused(403, "POST", V2, json={})
    reader.refused(403, "DELETE", f"{V2}/{made['id']}")
    make_person("anna", scopes="write:statuses").refused(403, "GET", V2)
    assert anna.get(f"{V2}/{made['id']}")["keywords"] == made["keywords"]


def test_statuses_meet_filters_by_words_and_by_themselves(database: Database, anna: Person, bob: Person) -> None:
    made = _make(anna, "tea", "#rain", "c++")
    ids = [
        bob.toot(text)["id"]
        for text in ("Green TEA!", "steam", "#Rain again", "I write C++.", "hidden in a warning", "named")
    ]
    warned = bob.toot("nothing", spoiler_text="about tea")["id"]
    anna.post(f"{V2}/{made['id']}/statuses", {"status_id": ids[5]})
    words = [[match["keyword_matches"] for match in each] for each in _met(database, anna, *ids, warned)]
    assert words == [[["TEA"]], [], [["#Rain"]], [["C++"]], [], [None], [["tea"]]]
    [named] = _met(database, anna, ids[5])[0]
    assert named == {
        "filter": {
            "id": made["id"],
            "title": "Dull",
            "context": ["home"],
            "expires_at": None,
            "filter_action": "warn",
        },
        "keyword_matches": None,
        "status_matches": [ids[5]],
    }
    assert _met(database, bob, *ids) == [[]] * 6


def test_a_part_of_a_word_is_met_only_where_that_is_wanted(database: Database, anna: Person, bob: Person) -> None:
    _make(anna, keywords_attributes=[{"keyword": "tea", "whole_word": False}])
    assert _met(database, anna, bob.toot("steam")["id"])[0][0]["keyword_matches"] == ["tea"]


def test_a_boost_meets_what_its_original_meets(database: Database, anna: Person, bob: Person) -> None:
    _make(anna, "tea")
    original = bob.toot("tea")
    boost = bob.post(f"/api/v1/statuses/{original['id']}/reblog")
    assert [bool(each) for each in _met(database, anna, original["id"], boost["id"])] == [True, True]


def test_a_filter_ends_when_its_time_is_over(
    database: Database, clock: VirtualClock, anna: Person, bob: Person
) -> None:
    _make(anna, "tea", expires_in=60)
    status = bob.toot("tea")["id"]
    assert _met(database, anna, status) != [[]]
    clock.advance(61)
    assert _met(database, anna, status) == [[]]
    assert len(anna.get(V2)) == 1


def test_old_apps_see_each_keyword_as_a_filter(anna: Person) -> None:
    made = anna.post(V1, {"phrase": "tea", "context": ["home", "public"], "irreversible": True})
    assert made == {
        "id": made["id"],
        "phrase": "tea",
        "context": ["home", "public"],
        "whole_word": False,
        "expires_at": None,
        "irreversible": True,
    }
    assert anna.get(V1) == [made] == [anna.get(f"{V1}/{made['id']}")]
    assert [(each["title"], each["filter_action"]) for each in anna.get(V2)] == [("tea", "hide")]
    changed = anna.ask("PUT", f"{V1}/{made['id']}", json={"phrase": "coffee", "context": ["home"], "whole_word": True})
    assert changed.json is not None
    assert (changed.json["phrase"], changed.json["context"], changed.json["whole_word"]) == ("coffee", ["home"], True)
    assert anna.ask("DELETE", f"{V1}/{made['id']}").json == {}
    assert anna.get(V1) == anna.get(V2) == []


def test_an_old_app_changes_nothing_for_the_other_keywords_of_a_filter(anna: Person) -> None:
    made = _make(anna, "tea", "coffee")
    first = made["keywords"][0]["id"]
    anna.refused(422, "PUT", f"{V1}/{first}", json={"phrase": "tea", "context": ["public"]})
    assert anna.ask("PUT", f"{V1}/{first}", json={"phrase": "milk", "context": ["home"]}).status_code == 200
    assert anna.get(f"{V2}/{made['id']}")["title"] == "Dull"
    anna.ask("DELETE", f"{V1}/{first}")
    assert [each["keyword"] for each in anna.get(f"{V2}/{made['id']}")["keywords"]] == ["coffee"]


def test_all_keywords_together_are_not_longer_than_a_book(anna: Person) -> None:
    words = [{"keyword": str(number) * MAX_KEYWORD} for number in range(8)]
    first = anna.post(V2, {"title": "x", "context": ["home"], "keywords_attributes": words})
    for _ in range(MAX_WORDS // MAX_KEYWORD - 8):
        anna.post(f"{V2}/{first['id']}/keywords", {"keyword": "x" * MAX_KEYWORD})
    more = {"title": "y", "context": ["home"], "keywords_attributes": words[:1]}
    assert "characters at most" in anna.refused(422, "POST", V2, json=more)
    assert len(anna.get(V2)) == 1
    assert "characters at most" in anna.refused(422, "POST", f"{V2}/{first['id']}/keywords", json=words[0])
    anna.post(f"{V2}/{first['id']}/keywords", {"keyword": "a short one"})
