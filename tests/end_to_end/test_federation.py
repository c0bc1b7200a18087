# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two boxes, two people, an unmodified Mastodon client each: what one does, the other sees."""

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from mastodon import Mastodon, MastodonNotFoundError
from PIL import Image

from tests.end_to_end.boxes import Pair, Side
from tests.end_to_end.waiting import eventually
from tests.fediverse.media_files import photograph


@pytest.fixture(scope="module")
def following(pair: Pair) -> Pair:
    """Each follows the other."""
    for side, other in ((pair.a, pair.b), (pair.b, pair.a)):
        found = side.app.search(f"@{other.handle}", resolve=True)["accounts"]
        assert [account["acct"] for account in found] == [other.handle]
        side.app.account_follow(found[0]["id"])
    for side, other in ((pair.a, pair.b), (pair.b, pair.a)):
        eventually(f"{side.name} follows {other.name}", lambda s=side, o=other: _relation(s, o)["following"])
        eventually(f"{other.name} has the follower", lambda s=side, o=other: _relation(o, s)["followed_by"])
    return pair


def test_a_follow_is_told(following: Pair) -> None:
    notice = eventually("the follow is told", lambda: _notifications(following.b, "follow"))[0]
    assert notice["account"]["acct"] == following.a.handle


def test_a_post_reaches_the_follower(following: Pair) -> None:
    a, b = following.a, following.b
    posted = a.app.status_post("The oven is **warm** & the bread is <in>. #baking", spoiler_text="bread")
    seen = eventually("the post is in B's home timeline", lambda: _seen(b, posted["uri"]))
    assert seen["account"]["acct"] == a.handle
    assert seen["spoiler_text"] == "bread"
    assert "&lt;in&gt;" in seen["content"], "markup that was typed must arrive as text"
    assert [tag["name"] for tag in seen["tags"]] == ["baking"]
    assert seen["visibility"] == "public"


def test_a_reply_joins_the_thread_on_both_sides(following: Pair) -> None:
    a, b = following.a, following.b
    posted = a.app.status_post("Who is coming on Sunday?")
    seen = eventually("the question arrives", lambda: _seen(b, posted["uri"]))
    reply = b.app.status_post(f"@{a.handle} I am!", in_reply_to_id=seen["id"])
    notice = eventually("the reply is told", lambda: _mention(a, reply["uri"]))
    assert notice["status"]["in_reply_to_id"] == posted["id"]
    thread = a.app.status_context(posted["id"])
    assert [status["uri"] for status in thread["descendants"]] == [reply["uri"]]
    assert a.app.status(posted["id"])["replies_count"] == 1


def test_a_boost_and_a_favourite_come_back(following: Pair) -> None:
    a, b = following.a, following.b
    posted = a.app.status_post("A picture of the valley, in words.")
    seen = eventually("the post arrives", lambda: _seen(b, posted["uri"]))
    b.app.status_reblog(seen["id"])
    b.app.status_favourite(seen["id"])
    eventually("boost counted", lambda: a.app.status(posted["id"])["reblogs_count"] == 1)
    eventually("favourite counted", lambda: a.app.status(posted["id"])["favourites_count"] == 1)
    for kind in ("reblog", "favourite"):
        notice = eventually(f"{kind} told", lambda kind=kind: _notifications(a, kind))[0]
        assert notice["account"]["acct"] == b.handle
        assert notice["status"]["id"] == posted["id"]
    b.app.status_unreblog(seen["id"])
    b.app.status_unfavourite(seen["id"])
    eventually("boost taken back", lambda: a.app.status(posted["id"])["reblogs_count"] == 0)
    eventually("favourite taken back", lambda: a.app.status(posted["id"])["favourites_count"] == 0)


def test_a_picture_reaches_the_follower_who_sees_it_at_home(following: Pair) -> None:
    a, b = following.a, following.b
    face = a.app.account_update_credentials(avatar=photograph(), avatar_mime_type="image/jpeg")["avatar"]
    assert Image.open(io.BytesIO(_file(face))).size == (40, 40)
    made = a.app.media_post(photograph(), "image/jpeg", description="Two colours", focus=(0.5, -0.5), synchronous=True)
    assert made["url"], "a picture is worked on while its sender waits"
    posted = a.app.status_post("Look", media_ids=[made])
    seen = eventually("the picture is in B's home timeline", lambda: _seen(b, posted["uri"]))
    (shown,) = seen["media_attachments"]
    assert (shown["description"], shown["blurhash"]) == ("Two colours", made["blurhash"])
    assert (shown["meta"]["focus"], shown["remote_url"]) == ({"x": 0.5, "y": -0.5}, made["url"])
    for address in (shown["url"], shown["preview_url"], seen["account"]["avatar"]):
        assert urlsplit(address).netloc == urlsplit(b.app.api_base_url).netloc
        assert b"Fieldcamera" not in _file(address)
    assert Image.open(io.BytesIO(_file(shown["url"]))).size == (40, 80)


def test_an_edit_is_seen(following: Pair) -> None:
    a, b = following.a, following.b
    posted = a.app.status_post("See you at sevn.")
    eventually("the post arrives", lambda: _seen(b, posted["uri"]))
    a.app.status_update(posted["id"], "See you at seven.")
    edited = eventually("the edit arrives", lambda: (s := _seen(b, posted["uri"])) and s["edited_at"] and s)
    assert "seven" in edited["content"]
    assert len(b.app.status_history(edited["id"])) == 2


def test_a_deleted_post_goes_away(following: Pair) -> None:
    a, b = following.a, following.b
    posted = a.app.status_post("This was a mistake.")
    seen = eventually("the post arrives", lambda: _seen(b, posted["uri"]))
    a.app.status_delete(posted["id"])
    eventually("the post is gone", lambda: _raises(MastodonNotFoundError, lambda: b.app.status(seen["id"])))
    assert _seen(b, posted["uri"]) is None


def test_a_direct_message_is_for_one_reader_only(following: Pair) -> None:
    a, b = following.a, following.b
    sent = a.app.status_post(f"@{b.handle} the key is under the mat", visibility="direct")
    notice = eventually("the message is told", lambda: _mention(b, sent["uri"]))
    assert notice["status"]["visibility"] == "direct"
    stranger = Mastodon(api_base_url=a.box.instance)
    with pytest.raises(MastodonNotFoundError):
        stranger.status(sent["id"])
    assert sent["uri"] not in {s["uri"] for s in stranger.account_statuses(a.account_id)}


def test_a_post_for_followers_arrives_and_stays_among_them(following: Pair) -> None:
    a, b = following.a, following.b
    posted = a.app.status_post("Only for friends.", visibility="private")
    seen = eventually("the post arrives", lambda: _seen(b, posted["uri"]))
    assert seen["visibility"] == "private"
    with pytest.raises(MastodonNotFoundError):
        Mastodon(api_base_url=a.box.instance).status(posted["id"])


def test_a_locked_account_answers_follow_requests(following: Pair) -> None:
    a, b = following.a, following.b
    b_seen_by_a = a.app.account_search(f"@{b.handle}")[0]
    a.app.account_unfollow(b_seen_by_a["id"])
    eventually("the unfollow arrives", lambda: not _relation(b, a)["followed_by"])
    b.app.account_update_credentials(locked=True)
    try:
        a.app.account_follow(b_seen_by_a["id"])
        request = eventually("the request arrives", b.app.follow_requests)[0]
        assert request["acct"] == a.handle
        assert _relation(a, b)["requested"]
        b.app.follow_request_authorize(request["id"])
        eventually("the request is accepted", lambda: _relation(a, b)["following"])
    finally:
        b.app.account_update_credentials(locked=False)


def test_an_unfollow_ends_it(following: Pair) -> None:
    a, b = following.a, following.b
    a_seen_by_b = b.app.account_search(f"@{a.handle}")[0]
    b.app.account_unfollow(a_seen_by_b["id"])
    eventually("the unfollow arrives", lambda: not _relation(a, b)["followed_by"])
    unseen = a.app.status_post("Nobody over there reads this.")
    b.app.account_follow(a_seen_by_b["id"])
    eventually("followed again", lambda: _relation(a, b)["followed_by"])
    heard = a.app.status_post("But this they read.")
    eventually("the later post arrives", lambda: _seen(b, heard["uri"]))
    assert _seen(b, unseen["uri"]) is None


def _seen(side: Side, uri: str) -> Any:
    return next((status for status in side.app.timeline_home(limit=40) if status["uri"] == uri), None)


def _notifications(side: Side, kind: str) -> list[Any]:
    return [notice for notice in side.app.notifications() if notice["type"] == kind]


def _mention(side: Side, uri: str) -> Any:
    return next((n for n in _notifications(side, "mention") if n["status"]["uri"] == uri), None)


def _relation(side: Side, other: Side) -> Any:
    account = side.app.account_search(f"@{other.handle}")[0]
    return side.app.account_relationships(account["id"])[0]


def _raises(error: type[Exception], call: Callable[[], object]) -> bool:
    try:
        call()
    except error:
        return True
    return False


def _file(address: str) -> bytes:
    with urlopen(address, timeout=20) as answer:
        data: bytes = answer.read()
        return data
