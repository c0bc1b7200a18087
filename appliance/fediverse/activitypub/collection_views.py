# SPDX-License-Identifier: AGPL-3.0-or-later
"""The collections that other servers ask for: what members posted, pinned and tag, and who follows whom."""

import flask
from werkzeug.wrappers import Response

from appliance.fediverse.activitypub import listings, reading, synchronisation
from appliance.fediverse.activitypub.asked import asker, before, federating, member, open_to_asker, show
from appliance.fediverse.activitypub.lookup import local_status


def register(blueprint: flask.Blueprint) -> None:
    blueprint.get("/users/<username>/outbox")(outbox)
    blueprint.get("/users/<username>/followers")(followers)
    blueprint.get("/users/<username>/following")(following)
    blueprint.get("/users/<username>/followers_synchronization")(followers_synchronization)
    blueprint.get("/users/<username>/collections/featured")(featured)
    blueprint.get("/users/<username>/collections/tags")(featured_tags)
    blueprint.get("/users/<username>/statuses/<int:status_id>/replies")(replies)


def outbox(username: str) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        account = member(tx, username)
        if "page" in flask.request.args:
            return show(listings.outbox_page(tx, urls, account, before()))
        return show(listings.collection(urls.outbox(account.username), account.statuses_count))


def followers(username: str) -> Response:
    return _people(username, of_followers=True)


def following(username: str) -> Response:
    return _people(username, of_followers=False)


def followers_synchronization(username: str) -> Response:
    """FEP-8fcf: a server learns which of its own people follow, and of no others."""
    here, urls = federating()
    origin = reading.origin(asker(here, urls).uri)
    with here.database.read() as tx:
        account = member(tx, username)
        uris = sorted(synchronisation.followers_at(tx, account.id, origin))
    uri = urls.followers_synchronisation(account.username)
    return show({"id": uri, "type": "OrderedCollection", "orderedItems": uris})


def featured(username: str) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        return show(listings.featured(tx, urls, member(tx, username)))


def featured_tags(username: str) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        return show(listings.featured_tags(tx, urls, member(tx, username)))


def replies(username: str, status_id: int) -> Response:
    here, urls = open_to_asker()
    with here.database.read() as tx:
        author, row = local_status(tx, urls, username, status_id)
        if "page" in flask.request.args:
            return show(listings.replies_page(tx, urls, row, author, _after()))
        return show(listings.replies(urls, row, author))


def _people(username: str, *, of_followers: bool) -> Response:
    """Where a member hides who they are, only how many they are is told."""
    here, urls = open_to_asker()
    with here.database.read() as tx:
        account = member(tx, username)
        uri = urls.followers(account.username) if of_followers else urls.following(account.username)
        total = account.followers_count if of_followers else account.following_count
        if account.hide_collections:
            return show(listings.hidden(uri, total))
        if "page" in flask.request.args:
            return show(listings.people_page(tx, urls, account, followers=of_followers, before=before()))
        return show(listings.collection(uri, total))


def _after() -> int:
    text = flask.request.args.get("min_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
