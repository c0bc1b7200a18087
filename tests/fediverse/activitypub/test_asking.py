# SPDX-License-Identifier: AGPL-3.0-or-later
"""Errands to other servers: threads put together, followers compared, moves checked."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from appliance.fediverse.activitypub import quotes, synchronisation
from appliance.fediverse.activitypub.asking import runners, threads
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database
from appliance.fediverse.db.tables import accounts, activities, follows, statuses
from appliance.fediverse.services import errands
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.urls import Urls
from appliance.system.net import VirtualNet

HERE = "http://localhost:10100"
Rows = Callable[[sa.Table], list[sa.Row[Any]]]


@pytest.fixture
def followed(rita: Any, anna: Any, database: Database, urls: Urls) -> Any:
    """anna follows rita, who agreed."""
    rita.send("Follow", f"{HERE}/users/anna")
    with database.write() as tx:
        rita_id = account_id(tx, rita)
        follow_services.follow(tx, urls, anna.id, rita_id)
        follow_services.accept(tx, urls, rita_id, anna.id)
    return rita


def account_id(tx: Any, remote: Any) -> int:
    return int(tx.connection.execute(sa.select(accounts.c.id).where(accounts.c.uri == remote.uri)).scalar_one())


def run_all(context: Context) -> int:
    """Run what is wanted; how many that were."""
    with context.database.read() as tx:
        wanted = errands.due(tx, 100)
    for errand in wanted:
        runners()[errand.errand](context, errand.subject)
        with context.database.write() as tx:
            errands.done(tx, errand)
    return len(wanted)


def test_a_thread_is_completed_when_a_member_looks(
    followed: Any, make_remote: Any, anna: Any, context: Context, net: VirtualNet, stranger: Any
) -> None:
    nora = make_remote("nora", "near.example")
    root = nora.note("root")
    middle = followed.note("middle", inReplyTo=root["id"])
    followed.send("Create", middle)  # its parent cannot be had yet
    status = anna.get("/api/v1/timelines/home")[0]
    assert status["in_reply_to_id"] is None
    answer = nora.note("answer", inReplyTo=middle["id"])
    inside = nora.note("inside", inReplyTo=answer["id"])
    secret = nora.note("secret", inReplyTo=middle["id"], to=[f"{followed.uri}/followers"], cc=[])
    forged = {**nora.note("forged", inReplyTo=middle["id"]), "attributedTo": followed.uri}
    replies = {
        "id": f"{middle['id']}/replies",
        "type": "Collection",
        "first": {
            "type": "CollectionPage",
            "items": [secret["id"], forged["id"]],
            "next": f"{middle['id']}/replies?page=2",
        },
    }
    followed.serve(middle["id"], {**middle, "replies": replies})
    page = {"id": f"{middle['id']}/replies?page=2", "type": "CollectionPage", "items": [inside["id"], f"{HERE}/x"]}
    followed.serve(page["id"], page)
    for note in (root, answer, inside, secret, forged):
        nora.serve(note["id"], note)
    stranger.get(f"/api/v1/statuses/{status['id']}/context")
    assert run_all(context) == 0  # strangers make us ask nobody
    anna.get(f"/api/v1/statuses/{status['id']}/context")
    assert run_all(context) == 1
    thread = anna.get(f"/api/v1/statuses/{status['id']}/context")
    assert [item["content"] for item in thread["ancestors"]] == ["root"]
    assert [item["content"] for item in thread["descendants"]] == ["answer", "inside"]
    assert run_all(context) == 0  # not again so soon


def test_a_collection_without_end_is_not_read_to_its_end(
    followed: Any, anna: Any, context: Context, net: VirtualNet
) -> None:
    note = followed.note("hello")
    followed.send("Create", note)
    status = anna.get("/api/v1/timelines/home")[0]
    replies = {"id": f"{note['id']}/replies", "type": "Collection", "first": f"{note['id']}/replies?1"}
    followed.serve(note["id"], {**note, "replies": replies["id"]})
    followed.serve(replies["id"], replies)
    for number in range(1, 50):
        page = {
            "id": f"{note['id']}/replies?{number}",
            "type": "CollectionPage",
            "items": [f"https://far.example/{number}/{item}" for item in range(100)],
            "next": f"{note['id']}/replies?{number + 1}",
        }
        followed.serve(page["id"], page)
    net.asked.clear()
    anna.get(f"/api/v1/statuses/{status['id']}/context")
    run_all(context)
    assert len(net.asked) <= threads.REPLIES + threads.PAGES + 3


def test_followers_are_compared(
    followed: Any, anna: Any, bob: Any, carol: Any, context: Context, database: Database, urls: Urls, rows: Rows
) -> None:
    """anna is no follower there any more; bob never was one here; carol's request was granted, and we did not hear."""
    with database.write() as tx:
        rita_id = account_id(tx, followed)
        follow_services.follow(tx, urls, carol.id, rita_id)
    url = f"{followed.uri}/followers_synchronization"
    items = [f"{HERE}/users/bob", f"{HERE}/users/carol", f"{HERE}/users/nobody", "https://near.example/users/x"]
    followed.serve(url, {"id": url, "type": "OrderedCollection", "orderedItems": items})
    send = f'collectionId="{followed.uri}/followers", url="{url}", digest="{{}}"'
    activity = followed.activity("Create", followed.note())
    same = synchronisation.digest([f"{HERE}/users/anna"])
    followed.post(activity, **{"collection-synchronization": send.format(same)})
    assert run_all(context) == 0
    other = synchronisation.digest(items[:2])
    foreign = send.format(other).replace(f'url="{followed.uri}', 'url="https://evil.example/users/x')
    followed.post(followed.activity("Create", followed.note()), **{"collection-synchronization": foreign})
    assert run_all(context) == 0
    followed.post(followed.activity("Create", followed.note()), **{"collection-synchronization": send.format(other)})
    assert run_all(context) == 1
    assert [row.follower_id for row in rows(follows) if row.followee_id == rita_id] == [carol.id]
    assert [row.state for row in rows(follows) if row.followee_id == rita_id] == ["accepted"]
    undone = [row.body for row in rows(activities) if '"Undo"' in row.body]
    assert any(f"{HERE}/users/bob#follows/stray/{rita_id}" in body for body in undone)


def test_a_move_takes_followers_along(
    followed: Any, make_remote: Any, anna: Any, context: Context, rows: Rows, mallory: Any
) -> None:
    new = make_remote("rita2", "near.example")
    followed.post(followed.activity("Move", mallory.uri, target=new.uri))
    assert followed.post(followed.activity("Move", mallory.uri, target=new.uri)).status_code == 403
    followed.send("Move", followed.uri, target=new.uri)
    run_all(context)
    assert [row.followee_id for row in rows(follows) if row.follower_id == anna.id] == [known(rows, followed)]
    new.publish({**new.document, "alsoKnownAs": [followed.uri]})
    followed.send("Move", followed.uri, target=new.uri)
    assert run_all(context) == 0  # asked a moment ago
    with context.database.write() as tx:
        tx.execute(sa.delete(errands.errands))
    followed.send("Move", followed.uri, target=new.uri)
    assert run_all(context) == 1
    assert [row.followee_id for row in rows(follows) if row.follower_id == anna.id] == [known(rows, new)]
    assert [row.moved_to_id for row in rows(accounts) if row.uri == followed.uri] == [known(rows, new)]


def known(rows: Rows, remote: Any) -> int:
    return int(next(row.id for row in rows(accounts) if row.uri == remote.uri))


def test_a_move_to_us_needs_an_alias_here(
    followed: Any, anna: Any, bob: Any, context: Context, database: Database, rows: Rows
) -> None:
    for aliases, moved in (([], False), ([followed.uri], True)):
        with database.write() as tx:
            tx.execute(sa.update(accounts).where(accounts.c.id == bob.id).values(also_known_as=aliases))
            tx.execute(sa.delete(errands.errands))
        followed.send("Move", followed.uri, target=f"{HERE}/users/bob")
        run_all(context)
        assert any(row.followee_id == bob.id for row in rows(follows)) is moved


def test_what_somebody_pinned_comes_with_the_follow(
    rita: Any, anna: Any, rows: Rows, context: Context, database: Database, urls: Urls
) -> None:
    featured = f"{rita.uri}/collections/featured"
    rita.publish({**rita.document, "featured": featured})
    rita.send("Like", f"{HERE}/users/anna")  # makes her known
    notes = [rita.note(text) for text in ("first", "second")]
    for note in notes:
        rita.serve(note["id"], note)
    items = [notes[0]["id"], notes[1], "https://near.example/users/x/statuses/1", 7]
    rita.serve(featured, {"id": featured, "type": "OrderedCollection", "orderedItems": items})
    with database.write() as tx:
        follow_services.follow(tx, urls, anna.id, account_id(tx, rita))
    follow = {"type": "Follow", "actor": f"{HERE}/users/anna", "object": rita.uri}
    rita.send("Accept", follow)
    assert run_all(context) == 1
    path = f"/api/v1/accounts/{known(rows, rita)}/statuses?pinned=true"
    assert [status["content"] for status in anna.get(path)] == ["first", "second"]


def test_pins_of_others(followed: Any, anna: Any, mallory: Any, rows: Rows, context: Context) -> None:
    featured = f"{followed.uri}/collections/featured"
    followed.publish({**followed.document, "featured": featured})
    followed.send("Update", {**followed.document, "featured": featured})
    note = followed.note("pinned")
    followed.serve(note["id"], note)
    followed.send("Add", note["id"], target=f"{followed.uri}/collections/other")
    assert rows(statuses) == []
    followed.send("Add", note["id"], target=featured)
    path = f"/api/v1/accounts/{known(rows, followed)}/statuses?pinned=true"
    assert [status["content"] for status in anna.get(path)] == ["pinned"]
    assert followed.post(followed.activity("Add", mallory.uri, target=featured)).status_code == 403
    mallory.send("Remove", note["id"], target=f"{mallory.uri}/collections/featured")
    assert len(anna.get(path)) == 1
    followed.send("Remove", note["id"], target=featured)
    assert anna.get(path) == []


def test_an_emoji_is_a_like(followed: Any, anna: Any) -> None:
    status = anna.toot("hello")
    reaction = followed.send("EmojiReact", status["uri"], content="🔥")
    assert anna.get(f"/api/v1/statuses/{status['id']}")["favourites_count"] == 1
    followed.send("Undo", reaction)
    assert anna.get(f"/api/v1/statuses/{status['id']}")["favourites_count"] == 0


def test_older_names_of_quotes(rita: Any) -> None:
    for name in ("quoteUrl", "quoteUri", "_misskey_quote"):
        assert quotes.read({name: rita.uri}) == quotes.Quote(rita.uri, None)
    assert quotes.read({"quote": "nonsense"}) is None
