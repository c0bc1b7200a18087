# SPDX-License-Identifier: AGPL-3.0-or-later
"""The inbox: a request is checked, its sender proven, and what it tells done once, all before it is answered."""

import contextlib
import hashlib
from urllib.parse import urlsplit

import sqlalchemy as sa

from appliance.errors import HearthError, Refused, Unavailable
from appliance.fediverse.activitypub import activity as activities
from appliance.fediverse.activitypub import hosts, known, reading, signatures, synchronisation
from appliance.fediverse.activitypub.activity import Activity
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.incoming import Apply, Arrival, kinds, relayed
from appliance.fediverse.activitypub.sender import Doorkeeper, authenticate, authenticate_question
from appliance.fediverse.activitypub.signatures import Form, Message, Signature
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import errands, relays
from appliance.fediverse.services.errands import Errand
from appliance.fediverse.urls import Urls

# What makes us keep more than before, or answer; taking something back has a larger budget of its own.
_KEEPS = frozenset(
    {"Add", "Announce", "Block", "Create", "EmojiReact", "Flag", "Follow", "Like", "Move", "QuoteRequest", "Update"}
)
_REMEMBER = sa.text("INSERT INTO received (uri, received_at) VALUES (:uri, :now) ON CONFLICT DO NOTHING")
# What the services answer when there is nothing to be done: the sender need not try again.
_NOTHING_TO_DO = frozenset({"not-found", "follow-refused", "block-refused", "blocked-by-you"})


def take_in(context: Context, doorkeeper: Doorkeeper, message: Message) -> None:
    """Returns when it is done, or needs no doing. Raises HearthError: 400, 401, 403, 413, 422, 429 or 503."""
    urls = context.urls()
    if not urls.federating:
        raise Unavailable("not-federating", "This server has no name of its own yet.", "Try again in a day.")
    if not context.clock.trusted():
        raise Unavailable("clock-not-set", "This server does not know the time yet.")
    signature = signatures.read(message, context.clock.now(), urls.origin)
    activity = activities.read(reading.parse(message.body))
    if _is_farewell_of_a_stranger(context, activity):
        return
    if not reading.same_origin(signature.key_id, activity.actor):
        _take_from_relay(context, doorkeeper, signature, activity)
        return
    sender = authenticate(context, doorkeeper, signature, activity.actor)
    followed = doorkeeper.is_followed(context.database, sender.id)
    apply = _prepare(Arrival(context, urls, doorkeeper, sender, activity, followed))
    host = urlsplit(sender.inbox).netloc
    if apply is not None and activity.kind in _KEEPS:
        doorkeeper.budget.spend(host, len(message.body), followed=followed)
    else:
        doorkeeper.budget.take_back(host, len(message.body), followed=followed)
    news = doorkeeper.is_news(f"host {host} {signature.form.value}")
    claim = synchronisation.read(message.headers.get(synchronisation.HEADER), sender)

    def work(tx: Tx) -> None:
        if news:
            _learn(tx, host, signature.form)
        if claim is not None:
            _compare(tx, urls, sender, claim)
        if _is_new(tx, _name(activity, signature)):
            if apply is not None:
                apply(tx)
            if activity.kind == "Undo" and activity.object_uri:
                _is_new(tx, activity.object_uri)  # what is taken back before it came must not come later

    try:
        context.database.gather(work)
    except sa.exc.IntegrityError:
        raise Unavailable("conflict", "The same was told twice at once.") from None
    except HearthError as error:
        if error.key not in _NOTHING_TO_DO:
            raise


def _take_from_relay(context: Context, doorkeeper: Doorkeeper, signature: Signature, activity: Activity) -> None:
    """Only relays that were chosen may hand on what others said. Raises Refused."""
    with context.database.read() as tx:
        chosen = relays.of_origin(tx, reading.origin(signature.key_id)) is not None
    if not chosen:
        raise Refused("wrong-actor", "The key that signed this is not the actor's.")
    relay = authenticate_question(context, doorkeeper, signature)
    doorkeeper.budget.spend(urlsplit(relay.inbox).netloc, 0, followed=True)
    with contextlib.suppress(HearthError):
        relayed.hand_on(Arrival(context, context.urls(), doorkeeper, relay, activity))


def _prepare(arrival: Arrival) -> Apply | None:
    try:
        return kinds.prepare(arrival)
    except HearthError as error:
        if error.key in _NOTHING_TO_DO:
            return None
        raise


def _is_new(tx: Tx, uri: str) -> bool:
    """Remember that this came, and say whether it is the first time."""
    return tx.execute(_REMEMBER, {"uri": uri, "now": tx.now_ms}).rowcount == 1


def _name(activity: Activity, signature: Signature) -> str:
    """What a replay is known by: the activity's id, or where it has none the signature itself."""
    return activity.id or f"signature:{hashlib.sha256(signature.value).hexdigest()}"


def _learn(tx: Tx, host: str, form: Form) -> None:
    """Who speaks is there, and understands what it speaks itself."""
    hosts.is_back(tx, host)
    if form is Form.RFC9421 and hosts.form(tx, host) is None:
        hosts.learn(tx, host, form)


def _compare(tx: Tx, urls: Urls, sender: Row, claim: synchronisation.Claim) -> None:
    if synchronisation.digest(synchronisation.followers_here(tx, urls, sender.id)) != claim.digest:
        errands.want(tx, Errand.FOLLOWERS, f"{sender.id} {claim.url}")


def _is_farewell_of_a_stranger(context: Context, activity: Activity) -> bool:
    """Deletions of accounts go to every server there is; nothing need be asked about those never heard of."""
    if activity.kind != "Delete" or activity.object_uri != activity.actor:
        return False
    with context.database.read() as tx:
        return known.remote_account(tx, activity.actor) is None
