# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every path by which somebody might get to see a post.

To add one, write a function that asks it in a world for one viewer (None: a stranger) and yields what is answered, and
put it into PATHS. Whatever it yields is searched for posts that the viewer may not see.
"""

import json
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from appliance.fediverse.db.tables import notifications
from appliance.fediverse.push import messages, queue
from appliance.fediverse.streaming import reading
from appliance.fediverse.streaming.channels import Feed, Kind
from appliance.fediverse.streaming.listener import Viewer
from tests.fediverse.services.visibility_world import MEMBERS, PEOPLE, TAG, World

Path = Callable[[World, str | None], Iterator[str]]
DOCUMENT = {"Accept": "application/activity+json"}
_OF_ALL = (
    "/api/v1/timelines/public",
    "/api/v1/timelines/public?local=1",
    f"/api/v1/timelines/tag/{TAG}",
    f"/api/v1/timelines/tag/none?any[]={TAG}",
    "/api/v1/trends/statuses",
)
_OF_MEMBERS = (
    "/api/v1/timelines/home",
    "/api/v1/timelines/direct",
    "/api/v1/notifications",
    "/api/v2/notifications",
    "/api/v2/notifications?expand_accounts=partial_avatars",
    "/api/v1/notifications/requests",
    "/api/v1/conversations",
    "/api/v1/favourites",
    "/api/v1/bookmarks",
    f"/api/v2/search?q={TAG}&type=statuses",
    f"/api/v2/search?q={TAG}",
    f"/api/v2/search?q={TAG}+in:library",
    *(f"/api/v2/search?q=from:{name}+-nothing" for name in PEOPLE),
)
# Those of them that are lists of statuses, and leave out whom their reader does not want to meet.
_WELCOMING = (*_OF_ALL, "/api/v1/timelines/home")
_OF_STATUS = ("", "/context", "/history", "/card", "/source", "/quotes", "/favourited_by", "/reblogged_by")


def ask(world: World, viewer: str | None, path: str) -> str:
    """What the API answers to a question, whatever the status."""
    client = next(iter(world.members.values())).client
    headers = {"Authorization": f"Bearer {world.members[viewer].token}"} if viewer else {}
    return str(client.get(path, headers=headers).text)


def lists(world: World, viewer: str | None) -> Iterator[str]:
    for path in (*_OF_ALL, *(_OF_MEMBERS if viewer else ())):
        yield ask(world, viewer, path)


def own_lists(world: World, viewer: str | None) -> Iterator[str]:
    for list_id in world.lists.get(viewer or "", ()):
        yield ask(world, viewer, f"/api/v1/timelines/list/{list_id}")


def met(world: World, viewer: str) -> Iterator[tuple[str, int]]:
    """Whom the viewer's lists show her, each with where that was."""
    paths = [*_WELCOMING, *(f"/api/v1/timelines/list/{list_id}" for list_id in world.lists.get(viewer, ()))]
    for path in paths:
        for status in json.loads(ask(world, viewer, path)):
            for each in (status, status["reblog"] or status):
                yield path, int(each["account"]["id"])


def single_posts(world: World, viewer: str | None) -> Iterator[str]:
    """Nobody is told more of a post than that there is none."""
    for post in world.posts:
        for part in _OF_STATUS:
            yield ask(world, viewer, f"/api/v1/statuses/{post.id}{part}")
    yield ask(world, viewer, "/api/v1/statuses?" + "&".join(f"id[]={post.id}" for post in world.posts))


def polls(world: World, viewer: str | None) -> Iterator[str]:
    with world.context.database.read() as tx:
        ids = [row.id for row in tx.all(sa.text("SELECT id FROM polls"))]
    for poll_id in ids:
        yield ask(world, viewer, f"/api/v1/polls/{poll_id}")


def profiles(world: World, viewer: str | None) -> Iterator[str]:
    for name in PEOPLE:
        base = f"/api/v1/accounts/{world.ids[name]}/statuses"
        for query in ("", "?pinned=true", "?exclude_replies=true&exclude_reblogs=true", f"?tagged={TAG}"):
            yield ask(world, viewer, base + query)


def pages(world: World, viewer: str | None) -> Iterator[str]:
    """Pages and feeds for everybody: what they show, strangers see."""
    if viewer is not None:
        return
    for path in ("/", f"/tags/{TAG}", *(f"/@{name}" for name in MEMBERS)):
        yield ask(world, None, path)
    for post in world.posts:
        yield ask(world, None, f"/@{post.author}/{post.id}")


def documents(world: World, viewer: str | None) -> Iterator[str]:
    """What other servers read without saying who they are."""
    if viewer is not None:
        return
    client = next(iter(world.members.values())).client
    paths = [f"/users/{name}/{part}" for name in MEMBERS for part in ("outbox?page=true", "collections/featured")]
    for post in world.posts:
        one = f"/users/{post.author}/statuses/{post.id}"
        paths += [one, f"{one}/activity", f"{one}/replies"]
    for path in paths:
        yield str(client.get(path, headers=DOCUMENT).text)


def streams(world: World, viewer: str | None) -> Iterator[str]:
    """All that somebody would have heard who listened from the beginning, told now."""
    if viewer is None:
        return
    who = Viewer(world.ids[viewer], world.context.urls())
    kinds = (Kind.HOME, Kind.NOTIFICATIONS, Kind.OWN, Kind.PUBLIC, Kind.DIRECT)
    feeds = [*(Feed(kind) for kind in kinds), Feed(Kind.TAG, tag=TAG)]
    feeds += [Feed(Kind.LIST, list_id=int(each)) for each in world.lists.get(viewer, ())]
    with world.context.database.read() as tx:
        told = reading.since(tx, 0, reading.newest(tx), [(who, feed) for feed in feeds])
    yield from (event.payload for events in told.values() for event in events)


def pushes(world: World, viewer: str | None) -> Iterator[str]:
    """What her phone would show of all that she was told, kept apart or not, if it were pushed now."""
    if viewer is None:
        return
    mine = notifications.c.account_id == world.ids[viewer]
    columns = (notifications.c.id.label("notification_id"), notifications.c.account_id)
    with world.context.database.read() as tx:
        told = queue._told(tx, world.context.urls(), tx.all(sa.select(*columns).where(mine)))
    for notice in told.values():
        yield messages.text(notice, "token", "en").decode()


PATHS: tuple[Path, ...] = (lists, own_lists, single_posts, polls, profiles, streams, pushes, pages, documents)
