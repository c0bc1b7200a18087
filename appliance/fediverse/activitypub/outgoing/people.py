# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of people: follows and their answers, blocks, profiles."""

from appliance.fediverse.activitypub import audience, documents
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.outgoing.send import account, from_us, send
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import blocks, follows
from appliance.fediverse.urls import Urls


def follow_requested(tx: Tx, urls: Urls, follow_id: int) -> None:
    if found := from_us(tx, urls, follows, follow_id, "follower_id", "followee_id"):
        row, follower, followee = found
        send(tx, follower.id, documents.follow(urls, row, follower, followee), audience.of_account(followee))


def unfollowed(tx: Tx, urls: Urls, follow_id: int) -> None:
    """Call it before the row goes."""
    if found := from_us(tx, urls, follows, follow_id, "follower_id", "followee_id"):
        row, follower, followee = found
        body = documents.undo(documents.follow(urls, row, follower, followee))
        send(tx, follower.id, body, audience.of_account(followee))


def stray_follow(tx: Tx, urls: Urls, follower_id: int, followee_id: int) -> None:
    """The other server believes in a follow that there is not: it is taken back."""
    follower, followee = account(tx, follower_id), account(tx, followee_id)
    if urls.federating and not follower.domain and followee.domain:
        actor_uri = urls.actor(follower.username)
        uri = f"{actor_uri}#follows/stray/{followee.id}"
        follow = documents.activity("Follow", uri, actor_uri, documents.account_uri(urls, followee))
        send(tx, follower.id, documents.undo(follow), audience.of_account(followee))


def follow_accepted(tx: Tx, urls: Urls, follow_id: int) -> None:
    _answer_follow(tx, urls, follow_id, "Accept")


def follow_rejected(tx: Tx, urls: Urls, follow_id: int) -> None:
    """Call it before the row goes. Also for a follower who was accepted before."""
    _answer_follow(tx, urls, follow_id, "Reject")


def blocked(tx: Tx, urls: Urls, block_id: int) -> None:
    _block(tx, urls, block_id, undo=False)


def unblocked(tx: Tx, urls: Urls, block_id: int) -> None:
    """Call it before the row goes."""
    _block(tx, urls, block_id, undo=True)


def profile_updated(tx: Tx, urls: Urls, account_id: int) -> None:
    row = account(tx, account_id)
    if not urls.federating or row.domain:
        return
    person = documents.actor(urls, row, moved_to(tx, urls, row))
    uri = f"{person['id']}#updates/{tx.now_ms}"
    body = documents.activity("Update", uri, person["id"], person, to=[documents.PUBLIC])
    send(tx, account_id, body, audience.of_followers(tx, account_id))


def account_deleted(tx: Tx, urls: Urls, account_id: int) -> None:
    """Everybody who may have met them is told. Call it before the follows go."""
    row = account(tx, account_id)
    if urls.federating and not row.domain:
        uri = urls.actor(row.username)
        body = documents.activity("Delete", f"{uri}#delete", uri, uri, to=[documents.PUBLIC])
        send(tx, account_id, body, audience.of_everybody(tx))


def moved(tx: Tx, urls: Urls, account_id: int) -> None:
    """The account went to where its `moved_to_id` says: its followers are told to follow that one instead."""
    row = account(tx, account_id)
    target = moved_to(tx, urls, row)
    if not urls.federating or row.domain or target is None:
        return
    actor_uri = urls.actor(row.username)
    uri = f"{actor_uri}#moves/{row.moved_to_id}"
    body = documents.activity("Move", uri, actor_uri, actor_uri, target=target, to=[urls.followers(row.username)])
    send(tx, account_id, body, audience.of_followers(tx, account_id))


def moved_to(tx: Tx, urls: Urls, row: Row) -> str | None:
    return None if row.moved_to_id is None else documents.account_uri(urls, account(tx, row.moved_to_id))


def key_changed(tx: Tx, urls: Urls, account_id: int, old_private_key: str) -> None:
    """Told by the old key, which the others know; from then on the new one signs."""
    row = account(tx, account_id)
    if urls.federating and not row.domain:
        person = documents.actor(urls, row, moved_to(tx, urls, row))
        uri = f"{person['id']}#updates/{tx.now_ms}"
        body = documents.activity("Update", uri, person["id"], person, to=[documents.PUBLIC])
        send(tx, account_id, body, audience.of_everybody(tx), private_key=old_private_key)


def _answer_follow(tx: Tx, urls: Urls, follow_id: int, kind: str) -> None:
    if found := from_us(tx, urls, follows, follow_id, "followee_id", "follower_id"):
        row, followee, follower = found
        actor_uri = urls.actor(followee.username)
        follow = documents.follow(urls, row, follower, followee)
        uri = f"{actor_uri}#{kind.lower()}s/follows/{row.id}"
        send(tx, followee.id, documents.activity(kind, uri, actor_uri, follow), audience.of_account(follower))


def _block(tx: Tx, urls: Urls, block_id: int, *, undo: bool) -> None:
    if found := from_us(tx, urls, blocks, block_id, "account_id", "target_id"):
        row, blocker, target = found
        actor_uri = urls.actor(blocker.username)
        uri = f"{actor_uri}#blocks/{row.id}"
        body = documents.activity("Block", uri, actor_uri, documents.account_uri(urls, target))
        send(tx, blocker.id, documents.undo(body) if undo else body, audience.of_account(target))
