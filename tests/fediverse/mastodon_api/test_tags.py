# SPDX-License-Identifier: AGPL-3.0-or-later
import asyncio
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.fediverse.companion.timetable import Timetable
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, statuses, tags
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import ORIGIN, MakePerson, Person, remote_account

HOME = "/api/v1/timelines/home"
DAY = 24 * 3600


def _ids(answer: Any) -> list[str]:
    return [each["id"] for each in answer]


def test_a_hashtag_tells_by_day_who_used_it(
    anna: Person, bob: Person, stranger: FlaskClient, clock: VirtualClock
) -> None:
    anna.toot("#Tea")
    anna.toot("#tea again")
    bob.toot("#tea", visibility="unlisted")
    clock.advance(DAY)
    bob.toot("#TEA")
    shown = stranger.get("/api/v1/tags/TEA").json
    assert shown is not None
    assert (shown["name"], shown["url"]) == ("tea", f"{ORIGIN}/tags/tea")
    assert len(shown["history"]) == 7
    days = [(each["uses"], each["accounts"]) for each in shown["history"]]
    assert days[:3] == [("1", "1"), ("2", "1"), ("0", "0")]
    today = int(clock.now().timestamp()) // DAY * DAY
    assert [int(each["day"]) for each in shown["history"]] == [today - back * DAY for back in range(7)]
    assert "following" not in shown


def test_a_hashtag_that_nobody_used_is_shown_all_the_same(anna: Person) -> None:
    shown = anna.get("/api/v1/tags/Quiet")
    assert (shown["id"], shown["name"], shown["following"], shown["featuring"]) == ("", "quiet", False, False)
    for wrong in ("12", "a b", "%00", "x" * 300, "%23"):
        anna.refused(404, "GET", f"/api/v1/tags/{wrong}")


def test_followed_hashtags_come_home_once(anna: Person, bob: Person, carol: Person) -> None:
    assert anna.post("/api/v1/tags/Tea/follow")["following"] is True
    anna.post("/api/v1/tags/tea/follow")
    anna.post("/api/v1/tags/coffee/follow")
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    both, other = bob.toot("#tea #coffee"), carol.toot("#tea and #coffee")
    carol.toot("#tea", visibility="unlisted")
    carol.toot("#milk")
    assert _ids(anna.get(HOME)) == [other["id"], both["id"]]
    assert [each["name"] for each in anna.get("/api/v1/followed_tags")] == ["coffee", "tea"]
    page = anna.ask("GET", "/api/v1/followed_tags?limit=1")
    assert "max_id=" in page.headers["Link"]
    assert anna.post("/api/v1/tags/tea/unfollow")["following"] is False
    carol.toot("#tea")
    assert len(anna.get(HOME)) == 2


def test_hashtags_bring_nobody_whom_one_does_not_want(
    anna: Person, bob: Person, carol: Person, database: Database, urls: Urls
) -> None:
    anna.post("/api/v1/tags/tea/follow")
    anna.post(f"/api/v1/accounts/{bob.id}/mute")
    carol.post(f"/api/v1/accounts/{anna.id}/block")
    anna.post("/api/v1/domain_blocks", {"domain": "far.example"})
    bob.toot("#tea")
    carol.toot("#tea")
    with database.write() as tx:
        cy = accounts.store_remote(tx, remote_account("cy"))
        note = RemoteStatus("https://far.example/1", "#tea", Visibility.PUBLIC, tx.now_ms, tags=("tea",))
        statuses.receive(tx, urls, cy, note)
    assert anna.get(HOME) == []


def test_timelines_of_several_hashtags(anna: Person, bob: Person) -> None:
    tea, coffee = anna.toot("#tea"), anna.toot("#coffee")
    both, milk = bob.toot("#tea #coffee"), bob.toot("#tea #milk")
    path = "/api/v1/timelines/tag/tea"
    assert _ids(anna.get(path)) == [milk["id"], both["id"], tea["id"]]
    assert _ids(anna.get(f"{path}?any[]=Coffee&any[]=nobody")) == [milk["id"], both["id"], coffee["id"], tea["id"]]
    assert _ids(anna.get(f"{path}?all[]=coffee")) == [both["id"]]
    assert _ids(anna.get(f"{path}?none[]=coffee&none[]=milk")) == [tea["id"]]
    assert _ids(anna.get(f"{path}?any[]=coffee&limit=2&min_id={tea['id']}")) == [both["id"], coffee["id"]]
    assert _ids(anna.get(f"{path}?any[]=coffee&limit=2&max_id={both['id']}")) == [coffee["id"], tea["id"]]
    assert anna.get(f"{path}?all[]=nobody") == []
    assert anna.get(f"{path}?only_media=true") == []


def test_a_profile_shows_hashtags_and_how_often(anna: Person, bob: Person, stranger: FlaskClient) -> None:
    anna.toot("#Tea")
    made = anna.post("/api/v1/featured_tags", {"name": "#Tea"})
    again = anna.toot("#tea once more")
    anna.toot("#tea for friends", visibility="private")
    bob.toot("#tea")
    [shown] = anna.get("/api/v1/featured_tags")
    assert shown == {
        "id": made["id"],
        "name": "Tea",
        "url": f"{ORIGIN}/@anna/tagged/Tea",
        "statuses_count": "2",
        "last_status_at": again["created_at"][:10],
    }
    assert stranger.get(f"/api/v1/accounts/{anna.id}/featured_tags").json == [shown]
    assert anna.get("/api/v1/tags/tea")["featuring"] is True
    anna.ask("PUT", f"/api/v1/statuses/{again['id']}", json={"status": "nothing"})
    assert anna.get("/api/v1/featured_tags")[0]["statuses_count"] == "1"
    assert anna.post("/api/v1/featured_tags", {"name": "tea"})["id"] == made["id"]
    assert anna.ask("DELETE", f"/api/v1/featured_tags/{made['id']}").json == {}
    assert anna.get("/api/v1/featured_tags") == []
    assert anna.post("/api/v1/tags/tea/feature")["featuring"] is True
    assert anna.post("/api/v1/tags/tea/unfeature")["featuring"] is False


def test_a_deleted_post_counts_no_more(anna: Person) -> None:
    status = anna.toot("#tea")
    anna.post("/api/v1/featured_tags", {"name": "tea"})
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    [shown] = anna.get("/api/v1/featured_tags")
    assert (shown["statuses_count"], shown["last_status_at"]) == ("0", None)


def test_what_one_uses_most_is_suggested(anna: Person) -> None:
    for text in ("#tea #milk", "#tea", "#coffee"):
        anna.toot(text)
    anna.post("/api/v1/featured_tags", {"name": "coffee"})
    assert [each["name"] for each in anna.get("/api/v1/featured_tags/suggestions")] == ["tea", "milk"]


@pytest.mark.parametrize("name", ["", " ", "a b", "#", "12", "x" * 256, "<b>", "-"])
def test_what_is_no_hashtag_is_refused(anna: Person, name: str) -> None:
    anna.refused(422, "POST", "/api/v1/featured_tags", json={"name": name})
    assert anna.get("/api/v1/featured_tags") == []


def test_ten_hashtags_are_the_most(anna: Person) -> None:
    for number in range(10):
        anna.post("/api/v1/featured_tags", {"name": f"t{number}"})
    anna.refused(422, "POST", "/api/v1/featured_tags", json={"name": "onemore"})


def test_nobody_removes_what_others_feature(anna: Person, bob: Person, make_person: MakePerson) -> None:
    made = anna.post("/api/v1/featured_tags", {"name": "tea"})["id"]
    bob.refused(404, "DELETE", f"/api/v1/featured_tags/{made}")
    reader = make_person("anna", scopes="read")
    reader.refused(403, "DELETE", f"/api/v1/featured_tags/{made}")
    for verb in ("follow", "unfollow", "feature", "unfeature"):
        reader.refused(403, "POST", f"/api/v1/tags/tea/{verb}")
        assert anna.client.post(f"/api/v1/tags/tea/{verb}").status_code == 401
        anna.refused(422 if verb in ("follow", "feature") else 404, "POST", f"/api/v1/tags/a b/{verb}")


def test_uses_are_forgotten(anna: Person, context: Context, clock: VirtualClock) -> None:
    anna.toot("#tea")
    for days, left in ((tags.KEPT_DAYS, 1), (1, 0)):
        clock.advance(days * DAY)
        asyncio.run(Timetable(context).turn())
        with context.database.read() as tx:
            assert len(tx.all(tags.tag_uses.select())) == left
