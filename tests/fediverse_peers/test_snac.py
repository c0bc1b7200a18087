# SPDX-License-Identifier: AGPL-3.0-or-later
"""snac2 and we understand each other, in both directions. Its users are sam and sue, ours anna and bea."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.end_to_end.waiting import eventually
from tests.fediverse_peers.conftest import Friends, account, find, follow, relation
from tests.fediverse_peers.servers import OURS, THEIRS
from tests.fediverse_peers.world import Client

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SECONDS = 60


def seen(who: Client, text: str) -> Any:
    """The post with this text in somebody's home, once it is there."""

    def look() -> Any:
        home = who.get("/api/v1/timelines/home?limit=40")
        return next((status for status in home if text in status["content"]), None)

    return eventually(f"{text!r} at {who.host}", look, seconds=SECONDS)


def again(who: Client, status: Any, probe: Any) -> Any:
    """The status as it is later, once the probe says yes."""
    path = f"/api/v1/statuses/{status['id']}"
    return eventually(
        f"{status['content']!r} changes", lambda: (now := who.get(path)) and probe(now) and now, seconds=SECONDS
    )


def notified(who: Client, kind: str, name: str) -> Any:
    def look() -> Any:
        notices = who.get("/api/v1/notifications?limit=40")
        return next((each for each in notices if each["type"] == kind and each["account"]["username"] == name), None)

    return eventually(f"{kind} by {name} at {who.host}", look, seconds=SECONDS)


def test_both_follow_each_other(friends: Friends) -> None:
    notified(friends.anna, "follow", "sam")
    notified(friends.sam, "follow", "anna")
    assert account(friends.anna)["following_count"] == 1


def test_what_we_post_edit_and_delete(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    status = anna.post("/api/v1/statuses", ("status", "Tea from ours? #tea"), ("spoiler_text", "Invitation"))
    found = seen(sam, "Tea from ours?")
    assert found["uri"] == status["uri"]
    assert (found["spoiler_text"], found["visibility"]) == ("Invitation", "public")
    anna.ask("PUT", f"/api/v1/statuses/{status['id']}", [("status", "Coffee from ours")])
    again(sam, found, lambda now: "Coffee from ours" in now["content"])
    anna.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    eventually("it is gone there", lambda: not holds(sam, "Coffee from ours"), seconds=SECONDS)


def test_what_they_post_edit_and_delete(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    status = sam.post("/api/v1/statuses", ("status", "Tea from theirs? #tea"))
    found = seen(anna, "Tea from theirs?")
    assert [tag["name"] for tag in found["tags"]] == ["tea"]
    sam.ask("PUT", f"/api/v1/statuses/{status['id']}", [("status", "Coffee from theirs")])
    again(anna, found, lambda now: "Coffee from theirs" in now["content"])
    assert len(anna.get(f"/api/v1/statuses/{found['id']}/history")) == 2
    sam.ask("DELETE", f"/api/v1/statuses/{status['id']}")
    eventually("it is gone here", lambda: not holds(anna, "Coffee from theirs"), seconds=SECONDS)


def holds(who: Client, text: str) -> bool:
    return any(text in status["content"] for status in who.get("/api/v1/timelines/home?limit=40"))


def test_a_conversation_between_both(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    status = anna.post("/api/v1/statuses", ("status", "How is the soup?"))
    theirs = seen(sam, "How is the soup?")
    sam.post("/api/v1/statuses", ("status", f"@anna@{OURS} Hot!"), ("in_reply_to_id", theirs["id"]))
    answer = notified(anna, "mention", "sam")["status"]
    assert answer["in_reply_to_id"] == status["id"]
    anna.post("/api/v1/statuses", ("status", f"@sam@{THEIRS} Wait, then"), ("in_reply_to_id", answer["id"]))
    last = seen(sam, "Wait, then")
    thread = sam.get(f"/api/v1/statuses/{last['id']}/context")["ancestors"]
    assert any("How is the soup?" in each["content"] for each in thread)
    again(anna, status, lambda now: now["replies_count"] == 1)


def test_likes_and_boosts_of_ours_by_them(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    status = anna.post("/api/v1/statuses", ("status", "Boost this of ours"))
    theirs = seen(sam, "Boost this of ours")
    sam.post(f"/api/v1/statuses/{theirs['id']}/favourite")
    sam.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    again(anna, status, lambda now: (now["favourites_count"], now["reblogs_count"]) == (1, 1))
    notified(anna, "favourite", "sam")
    notified(anna, "reblog", "sam")
    sam.post(f"/api/v1/statuses/{theirs['id']}/unfavourite")
    sam.post(f"/api/v1/statuses/{theirs['id']}/unreblog")
    again(anna, status, lambda now: (now["favourites_count"], now["reblogs_count"]) == (0, 0))


def test_likes_and_boosts_of_theirs_by_us(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    status = sam.post("/api/v1/statuses", ("status", "Boost this of theirs"))
    ours = seen(anna, "Boost this of theirs")
    anna.post(f"/api/v1/statuses/{ours['id']}/favourite")
    anna.post(f"/api/v1/statuses/{ours['id']}/reblog")
    again(sam, status, lambda now: (now["favourites_count"], now["reblogs_count"]) == (1, 1))
    anna.post(f"/api/v1/statuses/{ours['id']}/unfavourite")
    anna.post(f"/api/v1/statuses/{ours['id']}/unreblog")
    # A boost that is taken back snac2 hears of, and counts on purpose all the same.
    again(sam, status, lambda now: now["favourites_count"] == 0)
    friends.snac.heard(f"Unboost for {status['uri']}")


def test_polls_of_both(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    poll = (("poll[options][]", "Tea"), ("poll[options][]", "Coffee"), ("poll[expires_in]", "3600"))
    ours = anna.post("/api/v1/statuses", ("status", "A poll of ours"), *poll)
    theirs = seen(sam, "A poll of ours")
    sam.post_json(f"/api/v1/polls/{theirs['poll']['id']}/votes", {"choices": ["1"]})
    again(anna, ours, lambda now: [option["votes_count"] for option in now["poll"]["options"]] == [0, 1])
    fields = {"status": "A poll of theirs", "poll[options][]": ["Tea", "Coffee"], "poll[expires_in]": "3600"}
    asked = sam.post_json("/api/v1/statuses", fields)
    found = seen(anna, "A poll of theirs")
    assert [option["title"] for option in found["poll"]["options"]] == ["Tea", "Coffee"]
    anna.post(f"/api/v1/polls/{found['poll']['id']}/votes", ("choices[]", "0"))
    again(sam, asked, lambda now: [option["votes_count"] for option in now["poll"]["options"]] == [1, 0])


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(made, "PNG")
    return made.getvalue()


def test_pictures_of_both(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    file = ("file", ("cup.png", picture(), "image/png"))
    for author, reader, text in ((anna, sam, "A picture of ours"), (sam, anna, "A picture of theirs")):
        media = author.post("/api/v2/media", file, ("description", "A teal cup"))
        if media.get("url") is None:
            path = f"/api/v1/media/{media['id']}"
            eventually("the picture is ready", lambda path=path, who=author: who.get(path)["url"], seconds=SECONDS)
        author.post("/api/v1/statuses", ("status", text), ("media_ids[]", media["id"]))
        (attachment,) = seen(reader, text)["media_attachments"]
        assert (attachment["type"], attachment["description"]) == ("image", "A teal cup")


def test_what_is_meant_for_one_alone(friends: Friends) -> None:
    anna, sam = friends.anna, friends.sam
    anna.post("/api/v1/statuses", ("status", f"@sam@{THEIRS} psst, ours"), ("visibility", "direct"))
    assert seen(sam, "psst, ours")["visibility"] in ("direct", "private")
    sam.post("/api/v1/statuses", ("status", f"@anna@{OURS} psst, theirs"), ("visibility", "direct"))
    found = notified_of(anna, "psst, theirs")
    assert found["visibility"] == "direct"
    assert not holds(friends.bea, "psst")


def notified_of(who: Client, text: str) -> Any:
    def look() -> Any:
        notices = who.get("/api/v1/notifications?limit=40")
        return next((each["status"] for each in notices if text in (each["status"] or {}).get("content", "")), None)

    return eventually(f"{text!r} is told of at {who.host}", look, seconds=SECONDS)


def test_what_only_followers_may_see(friends: Friends) -> None:
    friends.anna.post("/api/v1/statuses", ("status", "Only for friends"), ("visibility", "private"))
    assert seen(friends.sam, "Only for friends")["visibility"] == "private"
    assert not holds(friends.sue, "Only for friends")


def test_blocks_end_follows(friends: Friends) -> None:
    bea, sue = friends.bea, friends.sue
    follow(sue, f"bea@{OURS}")
    eventually("sue follows bea", lambda: account(bea)["followers_count"] == 1, seconds=SECONDS)
    bea.post(f"/api/v1/accounts/{find(bea, f'sue@{THEIRS}')}/block")
    eventually("sue follows her no more", lambda: account(bea)["followers_count"] == 0, seconds=SECONDS)
    # Not a public one, which snac2 may have read from her outbox.
    bea.post("/api/v1/statuses", ("status", "Without sue"), ("visibility", "private"))
    anna_there = f"anna@{OURS}"
    follow(sue, anna_there)
    eventually("sue follows anna", lambda: account(friends.anna)["followers_count"] == 2, seconds=SECONDS)
    friends.anna.post("/api/v1/statuses", ("status", "With sue"))
    seen(sue, "With sue")
    assert not holds(sue, "Without sue")
    sue.post(f"/api/v1/accounts/{find(sue, anna_there)}/unfollow")
    eventually("sue left", lambda: account(friends.anna)["followers_count"] == 1, seconds=SECONDS)


def test_whoever_moves_from_there_is_followed_to_here(friends: Friends) -> None:
    """sue moves to bea's account; anna, who followed sue, follows bea then."""
    anna, bea, sue = friends.anna, friends.bea, friends.sue
    bea.post(f"/api/v1/accounts/{find(bea, f'sue@{THEIRS}')}/unblock")
    follow(anna, f"sue@{THEIRS}")
    eventually("anna follows sue", lambda: relation(anna, f"sue@{THEIRS}")["following"], seconds=SECONDS)
    friends.hearth.alias("bea", f"https://{THEIRS}/sue")
    friends.snac.run("alias", "sue", f"https://{OURS}/users/bea")
    friends.snac.run("migrate", "sue")
    eventually("anna follows bea", lambda: relation(anna, "bea")["following"], seconds=SECONDS)
    assert not relation(anna, f"sue@{THEIRS}")["following"]
    assert sue.host == THEIRS


def test_whoever_moves_within_ours_is_followed_from_there(friends: Friends) -> None:
    """anna moves to cleo; sue, who follows anna, follows cleo then."""
    anna, sue = friends.anna, friends.sue
    friends.hearth.add("cleo")
    follow(sue, f"anna@{OURS}")
    eventually("sue follows anna", lambda: account(anna)["followers_count"] == 2, seconds=SECONDS)
    friends.hearth.alias("cleo", f"https://{OURS}/users/anna")
    friends.snac.run("actor", "sue", f"https://{OURS}/users/cleo")  # it takes nobody's word for whom it never met
    friends.hearth.move("anna", f"https://{OURS}/users/cleo")
    eventually("sue follows cleo", lambda: relation(sue, f"cleo@{OURS}")["following"], seconds=SECONDS)
