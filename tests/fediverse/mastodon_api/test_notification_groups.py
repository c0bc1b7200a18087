# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alike notices are shown as one, under a key that stays."""

from datetime import timedelta
from typing import Any

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import NotificationKind, Severed
from appliance.fediverse.services import notifications, severances
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import MakePerson, Person

GROUPS = "/api/v2/notifications"


@pytest.fixture
def liked(anna: Person, bob: Person, carol: Person) -> Any:
    """Two liked one post of Anna's, one boosted it, and one of them wrote to her in between."""
    status = anna.toot("x")
    bob.post(f"/api/v1/statuses/{status['id']}/favourite")
    bob.toot("hi @anna")
    carol.post(f"/api/v1/statuses/{status['id']}/favourite")
    carol.post(f"/api/v1/statuses/{status['id']}/reblog")
    return status


def groups(person: Person, query: str = "") -> list[Any]:
    return list(person.get(f"{GROUPS}?{query}")["notification_groups"])


def test_alike_ones_are_one(anna: Person, bob: Person, carol: Person, liked: Any) -> None:
    page = anna.get(GROUPS)
    boost, favourites, mention = page["notification_groups"]
    assert [each["type"] for each in (boost, favourites, mention)] == ["reblog", "favourite", "mention"]
    assert favourites["notifications_count"] == 2
    assert favourites["sample_account_ids"] == [str(carol.id), str(bob.id)]
    assert favourites["status_id"] == liked["id"]
    assert favourites["page_max_id"] == str(favourites["most_recent_notification_id"])
    assert favourites["page_min_id"] < mention["page_min_id"] < favourites["page_max_id"]
    assert mention["group_key"] == f"ungrouped-{mention['most_recent_notification_id']}"
    assert {each["acct"] for each in page["accounts"]} == {"bob", "carol"}
    assert {each["id"] for each in page["statuses"]} == {liked["id"], mention["status_id"]}
    assert "partial_accounts" not in page


def test_the_single_ones_say_which_group_they_are_of(anna: Person, liked: Any) -> None:
    keys = [each["group_key"] for each in anna.get("/api/v1/notifications")]
    boost, favourites, mention = (each["group_key"] for each in groups(anna))
    assert keys == [boost, favourites, mention, favourites]


def test_an_app_chooses_what_is_grouped(anna: Person, liked: Any) -> None:
    assert [each["type"] for each in groups(anna, "grouped_types[]=follow")] == [
        *("reblog", "favourite", "mention", "favourite"),
    ]
    assert all(each["group_key"].startswith("ungrouped-") for each in groups(anna, "grouped_types[]="))
    assert [each["type"] for each in groups(anna, "types[]=favourite")] == ["favourite"]
    assert [each["type"] for each in groups(anna, "exclude_types[]=favourite")] == ["reblog", "mention"]


def test_accounts_in_short(anna: Person, bob: Person, carol: Person, liked: Any) -> None:
    page = anna.get(f"{GROUPS}?expand_accounts=partial_avatars&types[]=favourite")
    assert [each["acct"] for each in page["accounts"]] == ["carol"]
    assert [each["acct"] for each in page["partial_accounts"]] == ["bob"]
    assert set(page["partial_accounts"][0]) == {
        *("id", "acct", "url", "avatar", "avatar_static", "avatar_description", "locked", "bot")
    }
    anna.refused(422, "GET", f"{GROUPS}?expand_accounts=nonsense")


def test_pages_of_groups(anna: Person, liked: Any) -> None:
    first = anna.ask("GET", f"{GROUPS}?limit=2")
    assert first.json is not None
    shown = first.json["notification_groups"]
    assert [each["type"] for each in shown] == ["reblog", "favourite"]
    assert f"max_id={shown[-1]['page_max_id']}" in first.headers["Link"]
    assert [each["type"] for each in groups(anna, f"limit=1&max_id={shown[-1]['page_max_id']}")] == ["mention"]
    oldest = groups(anna, "limit=2&min_id=0")
    assert [(each["type"], each["notifications_count"]) for each in oldest] == [("favourite", 2), ("mention", 1)]
    assert groups(anna, f"since_id={shown[0]['page_max_id']}") == []


def test_more_of_one_group_than_is_read_at_once(anna: Person, make_person: MakePerson) -> None:
    status = anna.toot("x")
    bob = make_person("bob")
    bob.toot("first @anna")
    for number in range(12):
        make_person(f"liker{number}").post(f"/api/v1/statuses/{status['id']}/favourite")
    favourites, mention = groups(anna, "limit=2")
    assert favourites["notifications_count"] == 12
    assert len(favourites["sample_account_ids"]) == 8
    assert mention["type"] == "mention"


def test_a_group_ends_half_a_day_after_it_began(
    anna: Person, bob: Person, carol: Person, make_person: MakePerson, clock: VirtualClock
) -> None:
    status = anna.toot("x")
    path = f"/api/v1/statuses/{status['id']}/favourite"
    bob.post(path)
    clock.advance(timedelta(hours=11).total_seconds())
    carol.post(path)
    clock.advance(timedelta(hours=2).total_seconds())
    make_person("dora").post(path)
    assert [each["notifications_count"] for each in groups(anna)] == [1, 2]


def test_one_group(anna: Person, bob: Person, carol: Person, liked: Any) -> None:
    key = groups(anna, "types[]=favourite")[0]["group_key"]
    (group,) = anna.get(f"{GROUPS}/{key}")["notification_groups"]
    assert (group["notifications_count"], "page_min_id" in group) == (2, False)
    assert [each["acct"] for each in anna.get(f"{GROUPS}/{key}/accounts")] == ["carol", "bob"]
    assert [each["acct"] for each in anna.get(f"{GROUPS}/{key}/accounts?limit=1")] == ["carol"]
    for path in (key, f"{key}/accounts", "ungrouped-1"):
        bob.refused(404, "GET", f"{GROUPS}/{path}")
    assert anna.get(GROUPS + "/unread_count") == {"count": 3}
    bob.post(f"{GROUPS}/{key}/dismiss")
    assert len(groups(anna)) == 3
    anna.post(f"{GROUPS}/{key}/dismiss")
    assert [each["type"] for each in groups(anna)] == ["reblog", "mention"]
    alone = groups(anna)[1]["group_key"]
    assert anna.get(f"{GROUPS}/{alone}")["notification_groups"][0]["type"] == "mention"
    bob.post(f"{GROUPS}/{alone}/dismiss")
    anna.post(f"{GROUPS}/{alone}/dismiss")
    assert [each["type"] for each in groups(anna)] == ["reblog"]


@pytest.mark.parametrize("key", ["ungrouped-", "ungrouped-x", "ungrouped-²", "ungrouped-" + "9" * 40, "%00", "follow"])
def test_keys_that_are_none(anna: Person, key: str) -> None:
    anna.refused(404, "GET", f"{GROUPS}/{key}")


def test_follows_that_ended_are_told_with_what_ended_them(anna: Person, database: Database) -> None:
    with database.write() as tx:
        severances.tell(tx, anna.id, Severed.SERVER_BLOCKED, "far.example", followers=2, following=1)
        severances.tell(tx, anna.id, Severed.SERVER_BLOCKED, "near.example", followers=0, following=0)
    (notice,) = anna.get("/api/v1/notifications")
    assert notice["type"] == "severed_relationships"
    assert {name: notice["event"][name] for name in ("type", "target_name", "followers_count")} == {
        "type": "domain_block",
        "target_name": "far.example",
        "followers_count": 2,
    }
    (group,) = groups(anna)
    assert group["event"] == notice["event"]


def test_of_edits_the_last_is_told(anna: Person, bob: Person, database: Database) -> None:
    status = bob.toot("x")
    for _ in range(2):
        with database.write() as tx:
            notifications.notify(tx, anna.id, NotificationKind.UPDATE, bob.id, int(status["id"]))
        (notice,) = anna.get("/api/v1/notifications")
        assert notice["type"] == "update"
