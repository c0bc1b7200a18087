# SPDX-License-Identifier: AGPL-3.0-or-later
from tests.fediverse.conftest import Person


def test_kinds_can_be_chosen_and_left_out(anna: Person, bob: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    status = bob.toot("hi @anna")
    bob.post(f"/api/v1/statuses/{anna.toot('x')['id']}/favourite")
    every = anna.get("/api/v1/notifications")
    assert [each["type"] for each in every] == ["favourite", "mention", "follow"]
    assert every[1]["status"]["id"] == status["id"]
    assert "status" not in every[2]
    assert every[2]["account"]["acct"] == "bob"

    def kinds(query: str) -> list[str]:
        return [each["type"] for each in anna.get(f"/api/v1/notifications?{query}")]

    assert kinds("types[]=follow&types[]=poll") == ["follow"]
    assert kinds("exclude_types[]=follow") == ["favourite", "mention"]
    assert kinds("types[]=poll") == []
    assert kinds("limit=1") == ["favourite"]
    assert kinds(f"account_id={anna.id}") == []


def test_each_can_be_seen_dismissed_and_cleared_by_its_reader_alone(anna: Person, bob: Person) -> None:
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    bob.toot("hi @anna")
    first, second = (each["id"] for each in anna.get("/api/v1/notifications"))
    assert anna.get(f"/api/v1/notifications/{first}")["type"] == "mention"
    assert anna.get("/api/v1/notifications/unread_count") == {"count": 2}
    bob.refused(404, "GET", f"/api/v1/notifications/{first}")
    bob.refused(404, "POST", f"/api/v1/notifications/{first}/dismiss")
    anna.post(f"/api/v1/notifications/{first}/dismiss")
    assert [each["id"] for each in anna.get("/api/v1/notifications")] == [second]
    bob.post("/api/v1/notifications/clear")
    assert len(anna.get("/api/v1/notifications")) == 1
    anna.post("/api/v1/notifications/clear")
    assert anna.get("/api/v1/notifications") == []


def test_read_positions_are_kept(anna: Person) -> None:
    saved = anna.post("/api/v1/markers", {"home": {"last_read_id": "5"}})
    assert saved["home"]["last_read_id"] == "5"
    assert anna.post("/api/v1/markers", {"home": {"last_read_id": "6"}})["home"]["version"] == 2
    assert anna.get("/api/v1/markers?timeline[]=home&timeline[]=notifications")["home"]["last_read_id"] == "6"


def test_what_one_may_not_see_any_more_is_left_out(anna: Person, bob: Person) -> None:
    anna.toot("hi @bob")
    anna.post(f"/api/v1/accounts/{bob.id}/follow")
    (follow, mention) = bob.get("/api/v1/notifications")
    anna.post(f"/api/v1/accounts/{bob.id}/block")
    assert [each["id"] for each in bob.get("/api/v1/notifications")] == [follow["id"]]
    bob.refused(404, "GET", f"/api/v1/notifications/{mention['id']}")
