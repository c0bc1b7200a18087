# SPDX-License-Identifier: AGPL-3.0-or-later
"""Nobody is told by a stream what she could not have read: every way to be kept from a post, on every stream."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts
from tests.fediverse.conftest import Person
from tests.fediverse.streaming.conftest import Play, Stage

STREAMS = ("/user", "/public", "/public/local", "/hashtag?tag=cats", "/direct")
Act = Callable[[Person, Person], Any]


def _blocks(author: Person, reader: Person) -> Any:
    return author.post(f"/api/v1/accounts/{reader.id}/block")


def _is_blocked(author: Person, reader: Person) -> Any:
    return reader.post(f"/api/v1/accounts/{author.id}/block")


def _is_muted(author: Person, reader: Person) -> Any:
    return reader.post(f"/api/v1/accounts/{author.id}/mute")


def _removes_follower(author: Person, reader: Person) -> Any:
    return author.post(f"/api/v1/accounts/{reader.id}/remove_from_followers")


@pytest.fixture
def listening(anna: Person, bob: Person) -> Person:
    """Bob, who follows Anna and has her on a list."""
    bob.post(f"/api/v1/accounts/{anna.id}/follow")
    made = bob.post("/api/v1/lists", {"title": "x"})
    bob.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [str(anna.id)]})
    return bob


def paths(reader: Person) -> list[str]:
    (made,) = reader.get("/api/v1/lists")
    return [*STREAMS, f"/list?list={made['id']}"]


@pytest.mark.parametrize("act", [_blocks, _is_blocked, _is_muted])
@pytest.mark.parametrize("visibility", ["public", "private", "direct"])
def test_who_is_kept_apart_hears_nothing(
    act: Act, visibility: str, play: Play, anna: Person, listening: Person
) -> None:
    async def test(stage: Stage) -> None:
        streams = [await stage.sse(listening, path) for path in paths(listening)]
        await stage.do(act, anna, listening)
        await stage.do(anna.toot, "a #cats post @bob", visibility=visibility)
        await stage.settled()
        for events in streams:
            await events.none()

    play(test)


def test_who_follows_no_more_hears_no_private_post(play: Play, anna: Person, listening: Person) -> None:
    async def test(stage: Stage) -> None:
        streams = [await stage.sse(listening, path) for path in paths(listening)]
        await stage.do(_removes_follower, anna, listening)
        posted = await stage.do(anna.toot, "a #cats post", visibility="private")
        await stage.do(anna.ask, "PUT", f"/api/v1/statuses/{posted['id']}", json={"status": "edited"})
        await stage.do(anna.ask, "DELETE", f"/api/v1/statuses/{posted['id']}")
        await stage.settled()
        for events in streams:
            await events.none()

    play(test)


def test_an_edit_is_hidden_as_the_post_is(play: Play, anna: Person, listening: Person) -> None:
    async def test(stage: Stage) -> None:
        posted = await stage.do(anna.toot, "a #cats post")
        streams = [await stage.sse(listening, path) for path in paths(listening)]
        await stage.do(_blocks, anna, listening)
        await stage.do(anna.ask, "PUT", f"/api/v1/statuses/{posted['id']}", json={"status": "edited #cats"})
        await stage.settled()
        for events in streams:
            await events.none()

    play(test)


def test_who_is_suspended_is_not_heard(play: Play, anna: Person, listening: Person, database: Database) -> None:
    def suspended_right_after(text: str) -> None:
        anna.toot(text)
        with database.write() as tx:
            tx.execute(sa.update(accounts).where(accounts.c.id == anna.id).values(suspended_at=1))

    async def test(stage: Stage) -> None:
        streams = [await stage.sse(listening, path) for path in paths(listening)]
        await stage.do(suspended_right_after, "a #cats post @bob")
        await stage.settled()
        for events in streams:
            await events.none()

    play(test)


def test_filters_are_shown_with_what_they_catch(play: Play, anna: Person, listening: Person) -> None:
    async def test(stage: Stage) -> None:
        listening.post(
            "/api/v2/filters", {"title": "no cats", "context": ["home"], "keywords_attributes": [{"keyword": "cats"}]}
        )
        events = await stage.sse(listening, "/user")
        await stage.do(anna.toot, "a cats post")
        told = await events.next()
        assert [each["filter"]["title"] for each in told["payload"]["filtered"]] == ["no cats"]

    play(test)
