# SPDX-License-Identifier: AGPL-3.0-or-later
"""What activities do here. Each is read first, what is missing is fetched, and only then a transaction is opened.

A handler returns what to do inside the transaction, or None when the activity means nothing to us. The sender is
proven; an object is trusted only if it is the sender's own and of the sender's own server, else its server is asked.
"""

import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.errors import Refused, Unavailable
from appliance.fediverse.activitypub import actors, known, notes, reading
from appliance.fediverse.activitypub.activity import Activity
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.fetch import SECONDS_IN_INBOX, Fetcher
from appliance.fediverse.activitypub.notes import Note
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.activitypub.sender import Doorkeeper
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import favourites, follows, statuses
from appliance.fediverse.model import FollowState, Visibility
from appliance.fediverse.services import accounts as account_services
from appliance.fediverse.services import blocks as block_services
from appliance.fediverse.services import boosts as boost_services
from appliance.fediverse.services import favourites as favourite_services
from appliance.fediverse.services import follows as follow_services
from appliance.fediverse.services import statuses as status_services
from appliance.fediverse.urls import Urls
from appliance.system.clock import milliseconds

Apply = Callable[[Tx], None]
_TIMELINE_KINDS = notes.KINDS | notes.SHOWN_AS_LINK


class Incoming:
    """Takes in activities for one request."""

    def __init__(self, context: Context, urls: Urls, doorkeeper: Doorkeeper) -> None:
        self._context = context
        self._urls = urls
        self._doorkeeper = doorkeeper

    def prepare(self, sender: Row, activity: Activity) -> Apply | None:
        """What to do in the transaction. Raises HearthError."""
        match activity.kind:
            case "Create":
                return self._create(sender, activity)
            case "Update":
                return self._update(sender, activity)
            case "Delete":
                return self._delete(sender, activity)
            case "Follow":
                return self._follow(sender, activity)
            case "Accept" | "Reject":
                return self._answer(sender, activity)
            case "Like":
                return self._like(sender, activity)
            case "Announce":
                return self._announce(sender, activity)
            case "Block":
                return self._block(sender, activity)
            case "Undo":
                return self._undo(sender, activity)
        return None

    def _create(self, sender: Row, activity: Activity) -> Apply | None:
        note = self._own_note(sender, activity)
        if note is None:
            return None
        self._find_parent(sender, note)

        def apply(tx: Tx) -> None:
            status = known.remote_status(tx, self._urls, note)
            if known.concerns_us(tx, sender.id, status):
                status_services.receive(tx, self._urls, sender.id, status)

        return apply

    def _update(self, sender: Row, activity: Activity) -> Apply | None:
        embedded = activity.embedded
        if embedded is not None and reading.kind(embedded) in actors.KINDS:
            if activity.object_uri != sender.uri:
                raise Refused("not-yours", "Nobody can change another account.")
            account = actors.read({**embedded, "preferredUsername": sender.username}, sender.domain)
            return lambda tx: _ignore(account_services.store_remote(tx, account))
        note = self._own_note(sender, activity)
        if note is None:
            return None

        def apply(tx: Tx) -> None:
            status = known.remote_status(tx, self._urls, note)
            if known.status_id(tx, self._urls, note.uri) is not None or known.concerns_us(tx, sender.id, status):
                status_services.receive_edit(tx, self._urls, sender.id, status)

        return apply

    def _delete(self, sender: Row, activity: Activity) -> Apply | None:
        uri = activity.object_uri
        if uri is None:
            return None
        if uri == sender.uri:
            return lambda tx: account_services.delete_remote(tx, self._urls, uri)
        if not reading.same_origin(uri, sender.uri):
            raise Refused("not-yours", "Nobody can delete what is another's.")
        return lambda tx: status_services.delete_remote(tx, self._urls, sender.id, uri)

    def _follow(self, sender: Row, activity: Activity) -> Apply:
        def apply(tx: Tx) -> None:
            target = self._member(tx, activity.object_uri)
            follow_services.follow(tx, self._urls, sender.id, target.id, uri=activity.id)

        return apply

    def _answer(self, sender: Row, activity: Activity) -> Apply:
        """Accept and Reject count only for a Follow that one of ours did send to this sender."""

        def apply(tx: Tx) -> None:
            follow = self._our_follow(tx, sender, activity)
            if follow is None:
                return
            if activity.kind == "Reject":
                follow_services.reject(tx, self._urls, sender.id, follow.follower_id)
            elif follow.state == FollowState.PENDING.value:
                follow_services.accept(tx, self._urls, sender.id, follow.follower_id)

        return apply

    def _like(self, sender: Row, activity: Activity) -> Apply:
        def apply(tx: Tx) -> None:
            status_id = known.status_id(tx, self._urls, activity.object_uri)
            if status_id is not None:
                favourite_services.favourite(tx, self._urls, sender.id, status_id, uri=activity.id)

        return apply

    def _announce(self, sender: Row, activity: Activity) -> Apply | None:
        uri = activity.object_uri
        if uri is None:
            return None
        if activity.id is None:
            raise unfit("An Announce needs an id.")
        to, cc = reading.uris(activity.document.get("to")), reading.uris(activity.document.get("cc"))
        visibility = notes.visibility_of(to, cc, sender.followers_uri)
        if visibility is Visibility.DIRECT:
            return None
        with self._context.database.read() as tx:
            unknown = known.status_id(tx, self._urls, uri) is None
            wanted = not unknown or known.followed_here(tx, sender.id)
        if not wanted or (unknown and self._urls.is_ours(uri)):
            return None
        if unknown:
            with self._doorkeeper.asking():
                Resolver(self._context, seconds=SECONDS_IN_INBOX).status(uri)
        published = reading.moment(activity.document.get("published"))

        def apply(tx: Tx) -> None:
            status_id = known.status_id(tx, self._urls, uri)
            if status_id is not None:
                at = min(published, tx.now_ms) if published else tx.now_ms
                boost_services.boost(
                    tx, self._urls, sender.id, status_id, visibility=visibility, uri=activity.id, created_at=at
                )

        return apply

    def _block(self, sender: Row, activity: Activity) -> Apply:
        def apply(tx: Tx) -> None:
            target = self._member(tx, activity.object_uri)
            block_services.block(tx, self._urls, sender.id, target.id, uri=activity.id)

        return apply

    def _undo(self, sender: Row, activity: Activity) -> Apply | None:
        uri, inner = activity.object_uri, activity.embedded or {}
        if inner and reading.uri(inner.get("actor")) != sender.uri:
            raise Refused("not-yours", "Nobody can take back what another did.")
        if uri is not None and not reading.same_origin(uri, sender.uri):
            raise Refused("not-yours", "Nobody can take back what another did.")
        thing = reading.uri(inner.get("object"))
        kind = reading.kind(inner)

        def apply(tx: Tx) -> None:
            # By what it was about, or, where only its id is given, by that.
            if kind in ("Follow", "Block") or not kind:
                target = known.local_account(tx, self._urls, thing)
                if target is not None and kind == "Block":
                    block_services.unblock(tx, self._urls, sender.id, target.id)
                elif target is not None:
                    follow_services.unfollow(tx, self._urls, sender.id, target.id)
                elif not kind:
                    self._undo_by_id(tx, sender, uri)
            elif kind in ("Like", "Announce"):
                status_id = known.status_id(tx, self._urls, thing)
                if status_id is None:
                    self._undo_by_id(tx, sender, uri)
                elif kind == "Like":
                    favourite_services.unfavourite(tx, self._urls, sender.id, status_id)
                else:
                    boost_services.unboost(tx, self._urls, sender.id, status_id)

        return apply

    def _undo_by_id(self, tx: Tx, sender: Row, uri: str | None) -> None:
        """Only what this sender did: the id alone proves nothing."""
        if uri is None:
            return
        follow = tx.one(sa.select(follows).where(follows.c.uri == uri, follows.c.follower_id == sender.id))
        if follow is not None:
            follow_services.unfollow(tx, self._urls, sender.id, follow.followee_id)
        like = tx.one(sa.select(favourites).where(favourites.c.uri == uri, favourites.c.account_id == sender.id))
        if like is not None:
            favourite_services.unfavourite(tx, self._urls, sender.id, like.status_id)
        boost = tx.one(sa.select(statuses).where(statuses.c.uri == uri, statuses.c.account_id == sender.id))
        if boost is not None and boost.boost_of_id is not None:
            boost_services.unboost(tx, self._urls, sender.id, boost.boost_of_id)

    def _own_note(self, sender: Row, activity: Activity) -> Note | None:
        """The sender's note in a Create or Update; None for kinds of things that are not shown here.

        Raises Refused for somebody else's, HearthError when its server does not have it.
        """
        uri, document = activity.object_uri, activity.embedded
        if uri is None or not reading.same_origin(uri, sender.uri):
            raise Refused("foreign-object", "The object is on another server than its actor.")
        if document is None or "attributedTo" not in document:
            with self._doorkeeper.asking():
                document = self._fetcher().document(uri)
        if reading.kind(document) not in _TIMELINE_KINDS:
            return None
        if reading.uri(document.get("attributedTo")) != sender.uri:
            raise Refused("not-yours", "The object is not attributed to the actor.")
        return notes.read(document, sender.followers_uri, milliseconds(self._context.clock.now()))

    def _find_parent(self, sender: Row, note: Note) -> None:
        """Fetch what an interesting note answers, so that threads join."""
        if note.parent is None or self._urls.is_ours(note.parent):
            return
        with self._context.database.read() as tx:
            if known.status_id(tx, self._urls, note.parent) is not None:
                return
            if not known.concerns_us(tx, sender.id, known.remote_status(tx, self._urls, note)):
                return
        with contextlib.suppress(Unavailable), self._doorkeeper.asking():
            Resolver(self._context, seconds=SECONDS_IN_INBOX).fetch_parent(note)

    def _our_follow(self, tx: Tx, sender: Row, activity: Activity) -> Row | None:
        """The Follow that an answer is about: given whole, or by the id that we gave it."""
        inner = activity.embedded or {}
        if reading.kind(inner) not in ("", "Follow"):
            return None
        if inner.get("actor") is not None:
            if reading.uri(inner.get("object")) not in (None, sender.uri):
                raise Refused("not-yours", "Nobody can answer for another.")
            follower = known.local_account(tx, self._urls, reading.uri(inner.get("actor")))
            return follow_services.find(tx, follower.id, sender.id) if follower is not None else None
        address, _, fragment = (activity.object_uri or "").partition("#")
        follower = known.local_account(tx, self._urls, address)
        number = fragment.removeprefix("follows/")
        if follower is None or not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        row = follow_services.find(tx, follower.id, sender.id)
        return row if row is not None and row.id == int(number) else None

    def _member(self, tx: Tx, uri: str | None) -> Row:
        row = known.local_account(tx, self._urls, uri)
        if row is None:
            raise unfit(f"There is no such account at {urlsplit(self._urls.origin).netloc}.")
        return row

    def _fetcher(self) -> Fetcher:
        context = self._context
        return Fetcher(context.net, context.database, context.clock, self._urls, seconds=SECONDS_IN_INBOX)


def _ignore(_: object) -> None:
    """For what is done for its effect."""
