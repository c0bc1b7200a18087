# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from tests.fediverse.conftest import ORIGIN, MakePerson, Person


def _ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer]


def test_home_holds_oneself_and_whom_one_follows(anna: Person, bob: Person, carol: Person) -> None:
    before = anna.toot("before")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    own, theirs = bob.toot("own"), anna.toot("after")
    carol.toot("unknown")
    assert _ids(bob.get("/api/v1/timelines/home")) == [theirs["id"], own["id"], before["id"]]
    bob.post(f"/api/v1/accounts/{anna.id}/unfollow")
    assert _ids(bob.get("/api/v1/timelines/home")) == [own["id"]]


def test_replies_reach_those_who_follow_both(anna: Person, bob: Person, carol: Person) -> None:
    first = carol.toot("hello")
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    reply = anna.toot("@carol hello", in_reply_to_id=first["id"])
    assert reply["id"] not in _ids(bob.get("/api/v1/timelines/home"))
    bob.post(f"/api/v1/accounts/{carol.id}/follow")
    second = anna.toot("@carol again", in_reply_to_id=first["id"])
    assert second["id"] in _ids(bob.get("/api/v1/timelines/home"))
    thread = anna.toot("and to myself", in_reply_to_id=second["id"])
    assert thread["id"] in _ids(bob.get("/api/v1/timelines/home"))


def test_boosts_reach_followers_once_and_not_those_who_do_not_want_them(
    anna: Person, bob: Person, carol: Person, make_person: MakePerson
) -> None:
    dora = make_person("dora")
    status = dora.toot("from afar")
    for reader in (anna, bob):
        reader.post(f"/api/v1/accounts/{carol.id}/follow")
    bob.post(f"/api/v1/accounts/{carol.id}/follow", {"reblogs": False})
    boost = carol.post(f"/api/v1/statuses/{status['id']}/reblog")
    assert _ids(anna.get("/api/v1/timelines/home")) == [boost["id"]]
    assert bob.get("/api/v1/timelines/home") == []
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    assert _ids(anna.get("/api/v1/timelines/home")) == [boost["id"]]


def test_local_and_hashtag_timelines(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    public = anna.toot("all #Tea")
    anna.toot("unlisted #tea", visibility="unlisted")
    anna.toot("friends #tea", visibility="private")
    bob.post(f"/api/v1/statuses/{public['id']}/reblog")
    for path in ("public?local=true", "public", "tag/TEA", "tag/tea?local=true"):
        assert _ids(stranger.get(f"/api/v1/timelines/{path}").json) == [public["id"]], path
    assert stranger.get("/api/v1/timelines/public?remote=true").json == []
    assert stranger.get("/api/v1/timelines/home").status_code == 401


def test_pages_lead_from_one_to_the_next(anna: Person) -> None:
    ids = [anna.toot(f"n{number}")["id"] for number in range(7)][::-1]
    response = anna.ask("GET", "/api/v1/timelines/home?limit=3")
    assert _ids(response.json) == ids[:3]
    links = {part.split("; ")[1]: part.split("; ")[0].strip("<>") for part in response.headers["Link"].split(", ")}
    following = links['rel="next"']
    assert following == f"{ORIGIN}/api/v1/timelines/home?limit=3&max_id={ids[2]}"
    second = anna.ask("GET", following.removeprefix(ORIGIN))
    assert _ids(second.json) == ids[3:6]
    last = anna.ask("GET", f"/api/v1/timelines/home?limit=3&max_id={ids[5]}")
    assert _ids(last.json) == ids[6:]
    assert "next" not in last.headers["Link"]
    assert _ids(anna.get(f"/api/v1/timelines/home?limit=2&min_id={ids[6]}")) == ids[4:6]
    assert _ids(anna.get(f"/api/v1/timelines/home?limit=2&since_id={ids[6]}")) == ids[:2]


@pytest.mark.parametrize(
    ("query", "count"),
    [("limit=-2", 2), ("limit=0", 1), ("limit=99999999999999999999", 5), ("max_id=" + "9" * 30, 5), ("since_id=-5", 5)],
)
def test_strange_numbers_are_bent_into_shape(anna: Person, query: str, count: int) -> None:
    for number in range(5):
        anna.toot(f"n{number}")
    assert len(anna.get(f"/api/v1/timelines/home?{query}")) == count


@pytest.mark.parametrize("query", ["limit=abc", "max_id=1;DROP", "limit=1e3"])
def test_what_is_no_number_is_refused(anna: Person, query: str) -> None:
    anna.refused(422, "GET", f"/api/v1/timelines/home?{query}")


def test_a_page_costs_the_same_few_queries_however_long_it_is(
    anna: Person, bob: Person, database: Database, context: Context
) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    counts = []
    for _ in range(2):
        for number in range(10):
            anna.toot(f"@bob #tag{number}")
        bob.get("/api/v1/accounts/verify_credentials")
        asked.clear()
        assert bob.get("/api/v1/timelines/home?limit=40")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 9


def test_blocked_people_are_out_of_sight(anna: Person, bob: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    status = anna.toot("hello #tea")
    mine = bob.toot("@anna hi")
    anna.post(f"/api/v1/accounts/{bob.id}/block")
    assert _ids(bob.get("/api/v1/timelines/home")) == [mine["id"]]
    assert _ids(bob.get("/api/v1/timelines/public")) == [mine["id"]]
    assert _ids(anna.get("/api/v1/timelines/public")) == [status["id"]]
    assert bob.get("/api/v1/timelines/tag/tea") == []
    assert bob.get(f"/api/v1/accounts/{anna.id}/statuses") == []
    assert anna.get("/api/v1/notifications") == []
    for act in ("favourite", "reblog", "bookmark"):
        bob.refused(404, "POST", f"/api/v1/statuses/{status['id']}/{act}")
    bob.refused(403, "POST", f"/api/v1/accounts/{anna.id}/follow")
    bob.toot("@anna can you hear me")
    assert anna.get("/api/v1/notifications") == []
    assert bob.get("/api/v2/search", query_string={"q": "anna"})["accounts"] == []
