# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told on which stream, over WebSocket and by server-sent events."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from appliance.fediverse.db.database import Database
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import accounts, announcements, statuses, stream_events
from appliance.fediverse.services.announcements import NewAnnouncement
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.remote import RemoteStatus
from appliance.fediverse.streaming import reading
from appliance.fediverse.urls import Urls
from appliance.system.clock import VirtualClock
from tests.fediverse.conftest import Person, remote_account
from tests.fediverse.streaming.conftest import PATIENCE, Play, Stage


@pytest.fixture
def follower(anna: Person, bob: Person) -> Person:
    """Bob, who follows Anna."""
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    return bob


@pytest.fixture
def remote_post(database: Database, urls: Urls) -> Callable[[str], None]:
    """Somebody elsewhere posts a picture."""

    def post(text: str) -> None:
        picture = Attachment("image", "image/png", "", "https://far.example/1.png")
        with database.write() as tx:
            far = accounts.store_remote(tx, remote_account("far"))
            note = RemoteStatus(
                f"https://far.example/{tx.next_id()}",
                f"<p>{text}</p>",
                Visibility.PUBLIC,
                tx.now_ms,
                tags=("cats",),
                attachments=(picture,),
            )
            statuses.receive(tx, urls, far, note)

    return post


def test_home_and_notices_over_one_socket(play: Play, anna: Person, follower: Person) -> None:
    async def test(stage: Stage) -> None:
        _, events = await stage.socket(follower, "?stream=user")
        posted = await stage.do(anna.toot, "hello")
        told = await events.next()
        assert (told["stream"], told["event"]) == (["user"], "update")
        assert told["payload"] == follower.get(f"/api/v1/statuses/{posted['id']}")
        await stage.do(anna.toot, "and you @bob")
        both = [await events.next(), await events.next()]
        assert [each["event"] for each in both] == ["update", "notification"]
        assert both[1]["payload"] == follower.get("/api/v1/notifications")[0]

    play(test)


def test_the_same_by_server_sent_events(play: Play, anna: Person, follower: Person) -> None:
    async def test(stage: Stage) -> None:
        events = await stage.sse(follower, "/user")
        posted = await stage.do(anna.toot, "hello\nworld")
        told = await events.next()
        assert told["event"] == "update"
        assert told["payload"]["id"] == posted["id"]
        await stage.do(follower.post, "/api/v2/filters", {"title": "x", "context": ["home"]})
        assert await events.next() == {"event": "filters_changed", "payload": "undefined"}

    play(test)


def test_subscriptions_come_and_go_on_one_socket(play: Play, anna: Person, follower: Person) -> None:
    async def test(stage: Stage) -> None:
        socket, events = await stage.socket(follower)
        await stage.do(anna.toot, "unheard")
        await stage.settled()
        await events.none()
        for name in ("public:local", "user", "public:local"):
            await socket.send_json({"type": "subscribe", "stream": name})
        await socket.send_json({"type": "subscribe", "stream": "hashtag", "tag": "Cats"})
        await _answered(socket, events)
        await stage.do(anna.toot, "a #cats post")
        streams = sorted([str((await events.next())["stream"]) for _ in range(3)])
        assert streams == ["['hashtag', 'Cats']", "['public:local']", "['user']"]
        await socket.send_json({"type": "unsubscribe", "stream": "public:local"})
        await socket.send_json({"type": "unsubscribe", "stream": "user"})
        await _answered(socket, events)
        await stage.do(anna.toot, "more #cats")
        assert (await events.next())["stream"] == ["hashtag", "Cats"]
        await stage.settled()
        await events.none()

    play(test)


@pytest.mark.parametrize(
    ("path", "heard"),
    [
        ("/public", ["public", "remote"]),
        ("/public/local", ["public"]),
        ("/public/remote", ["remote"]),
        ("/public?only_media=true", ["remote"]),
        ("/public/local?only_media=true", []),
        ("/hashtag?tag=cats", ["public", "remote"]),
        ("/hashtag/local?tag=%23cats", ["public"]),
        ("/hashtag?tag=dogs", []),
        ("/user", ["public", "unlisted", "private"]),
        ("/user/notification", []),
        ("/direct", []),
    ],
)
def test_who_hears_what(
    path: str, heard: list[str], play: Play, anna: Person, follower: Person, remote_post: Any
) -> None:
    async def test(stage: Stage) -> None:
        events = await stage.sse(follower, path)
        for visibility in ("public", "unlisted", "private", "direct"):
            await stage.do(anna.toot, f"{visibility} #cats", visibility=visibility)
        await stage.do(remote_post, "remote #cats")
        await stage.settled()
        for word in heard:
            assert word in (await events.next())["payload"]["content"]
        await events.none()

    play(test)


def test_deletions_and_edits_reach_those_who_had_the_post(play: Play, anna: Person, follower: Person, carol: Person):
    async def test(stage: Stage) -> None:
        _, home = await stage.socket(follower, "?stream=user")
        _, public = await stage.socket(carol, "?stream=public")
        _, other = await stage.socket(carol, "?stream=user")
        hidden = await stage.do(anna.toot, "for followers", visibility="private")
        shown = await stage.do(anna.toot, "for all")
        assert [(await home.next())["event"] for _ in range(2)] == ["update", "update"]
        assert (await public.next())["payload"]["id"] == shown["id"]
        for each in (hidden, shown):
            await stage.do(anna.ask, "PUT", f"/api/v1/statuses/{each['id']}", json={"status": "edited"})
            told = await home.next()
            assert (told["event"], told["payload"]["content"]) == ("status.update", "<p>edited</p>")
        assert (await public.next())["event"] == "status.update"
        for each in (hidden, shown):
            await stage.do(anna.ask, "DELETE", f"/api/v1/statuses/{each['id']}")
            assert await home.next() == {"stream": ["user"], "event": "delete", "payload": int(each["id"])}
        assert (await public.next())["payload"] == int(shown["id"])
        await stage.settled()
        for events in (home, public, other):
            await events.none()

    play(test)


def test_a_boost_comes_and_goes(play: Play, anna: Person, follower: Person, carol: Person) -> None:
    async def test(stage: Stage) -> None:
        status = await stage.do(carol.toot, "x")
        _, events = await stage.socket(follower, "?stream=user")
        await stage.do(anna.post, f"/api/v1/statuses/{status['id']}/reblog")
        boost = (await events.next())["payload"]
        assert boost["reblog"]["id"] == status["id"]
        await stage.do(anna.post, f"/api/v1/statuses/{status['id']}/unreblog")
        assert await events.next() == {"stream": ["user"], "event": "delete", "payload": int(boost["id"])}
        await stage.do(anna.post, f"/api/v1/statuses/{status['id']}/reblog")
        again = (await events.next())["payload"]
        await stage.do(carol.ask, "DELETE", f"/api/v1/statuses/{status['id']}")
        assert (await events.next())["payload"] == int(again["id"])

    play(test)


def test_private_talks(play: Play, anna: Person, bob: Person, carol: Person) -> None:
    async def test(stage: Stage) -> None:
        _, mine = await stage.socket(bob, "?stream=direct")
        _, others = await stage.socket(carol, "?stream=direct")
        posted = await stage.do(anna.toot, "psst @bob", visibility="direct")
        told = await mine.next()
        assert told["event"] == "conversation"
        assert told["payload"]["last_status"]["id"] == posted["id"]
        assert told["payload"]["unread"]
        await stage.settled()
        await others.none()

    play(test)


def test_a_list(play: Play, anna: Person, follower: Person) -> None:
    made = follower.post("/api/v1/lists", {"title": "x"})
    follower.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(anna.id)]})

    async def test(stage: Stage) -> None:
        events = await stage.sse(follower, f"/list?list={made['id']}")
        posted = await stage.do(anna.toot, "listed")
        assert (await events.next())["payload"]["id"] == posted["id"]
        await stage.do(follower.ask, "DELETE", f"/api/v1/lists/{made['id']}")
        await stage.do(anna.toot, "no more")
        await stage.settled()
        await events.none()

    play(test)


def test_requests_merged_and_what_the_instance_announces(play: Play, bob: Person, database: Database) -> None:
    def tell() -> None:
        with database.write() as tx:
            stream_events.notifications_merged(tx, bob.id)
            announcements.publish(tx, NewAnnouncement("hear, hear"))
            stream_events.announcement_reaction(tx, 7, "😀", 2)
            stream_events.announcement_gone(tx, 7)

    async def test(stage: Stage) -> None:
        _, events = await stage.socket(bob, "?stream=user")
        _, notices = await stage.socket(bob, "?stream=user:notification")
        await stage.do(tell)
        told = [await events.next() for _ in range(4)]
        assert {each["event"]: each["payload"] for each in told} == {
            "notifications_merged": 1,
            "announcement": bob.get("/api/v1/announcements")[0],
            "announcement.reaction": {"name": "😀", "count": 2, "announcement_id": "7"},
            "announcement.delete": 7,
        }
        assert (await notices.next())["event"] == "notifications_merged"

    play(test)


def test_many_posts_at_once_are_all_told_in_order(play: Play, anna: Person, follower: Person) -> None:
    async def test(stage: Stage) -> None:
        _, events = await stage.socket(follower, "?stream=user")
        posted = [(await stage.do(anna.toot, f"{number}"))["id"] for number in range(100)]
        assert [(await events.next())["payload"]["id"] for _ in range(100)] == posted

    play(test)


def test_nothing_is_lost_with_a_nudge(
    play: Play, anna: Person, follower: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.fediverse.streaming.hub.LOOK_SECONDS", 0.05)

    async def test(stage: Stage) -> None:
        _, events = await stage.socket(follower, "?stream=user")
        anna.toot("nobody is told")
        assert (await events.next())["event"] == "update"

    play(test)


def test_a_post_that_cannot_be_drawn_stops_nobody(
    play: Play, anna: Person, follower: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = reading._statuses

    def fail_once(*arguments: Any) -> Any:
        monkeypatch.setattr(reading, "_statuses", draw)
        raise ZeroDivisionError

    async def test(stage: Stage) -> None:
        _, events = await stage.socket(follower, "?stream=user")
        monkeypatch.setattr(reading, "_statuses", fail_once)
        await stage.do(anna.toot, "one")
        await stage.settled()
        await events.none()
        posted = await stage.do(anna.toot, "two")
        assert (await events.next())["payload"]["id"] == posted["id"]

    play(test)


async def _answered(socket: Any, events: Any) -> None:
    """All that the client said was heard: it says something that is answered."""
    await socket.send_json({"type": "subscribe", "stream": "nonsense"})
    assert (await events.next())["error"] == "Unknown stream type"


def test_what_was_told_of_is_forgotten_after_minutes(
    play: Play, anna: Person, database: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.fediverse.streaming.hub.PRUNE_SECONDS", 0.0)

    def kept() -> list[Any]:
        with database.read() as tx:
            return stream_events.between(tx, 0, 2**62)

    async def test(stage: Stage) -> None:
        await stage.socket(anna, "?stream=user")
        status = await stage.do(anna.toot, "x")
        await stage.do(anna.ask, "DELETE", f"/api/v1/statuses/{status['id']}")
        await stage.settled()
        assert len(kept()) == 1
        clock.advance(3600)
        async with asyncio.timeout(PATIENCE):
            while kept():
                stage.hub.wake()
                await asyncio.sleep(0.01)

    play(test)
