# SPDX-License-Identifier: AGPL-3.0-or-later
"""The inbox: a request is checked, its sender proven, and what it tells done once, all before it is answered."""

import hashlib

import sqlalchemy as sa

from appliance.errors import HearthError, Unavailable
from appliance.fediverse.activitypub import activity as activities
from appliance.fediverse.activitypub import known, reading, signatures
from appliance.fediverse.activitypub.activity import Activity
from appliance.fediverse.activitypub.incoming import Apply, Arrival, kinds
from appliance.fediverse.activitypub.sender import Doorkeeper, authenticate
from appliance.fediverse.activitypub.signatures import Message, Signature
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import received

_SEEN = sa.select(received.c.uri).where(received.c.uri == sa.bindparam("uri"))
_REMEMBER = sa.insert(received)
# What the services answer when there is nothing to be done: the sender need not try again.
_NOTHING_TO_DO = frozenset({"not-found", "follow-refused", "block-refused"})


def take_in(context: Context, doorkeeper: Doorkeeper, message: Message) -> None:
    """Returns when it is done, or needs no doing. Raises HearthError: 400, 401, 403, 413, 422 or 503."""
    urls = context.urls()
    if not urls.federating:
        raise Unavailable("not-federating", "This server has no name of its own yet.", "Try again in a day.")
    if not context.clock.trusted():
        raise Unavailable("clock-not-set", "This server does not know the time yet.")
    signature = signatures.read(message, context.clock.now(), urls.origin)
    activity = activities.read(reading.parse(message.body))
    if _is_farewell_of_a_stranger(context, activity):
        return
    sender = authenticate(context, doorkeeper, signature, activity.actor)
    apply = _prepare(context, doorkeeper, sender, activity)
    try:
        with context.database.write() as tx:
            if _is_new(tx, _name(activity, signature)):
                _do(tx, apply)
                if activity.kind == "Undo" and activity.object_uri:
                    _is_new(tx, activity.object_uri)  # what is taken back before it came must not come later
    except sa.exc.IntegrityError:
        raise Unavailable("conflict", "The same was told twice at once.") from None
    except HearthError as error:
        if error.key not in _NOTHING_TO_DO:
            raise


def _prepare(context: Context, doorkeeper: Doorkeeper, sender: sa.Row, activity: Activity) -> Apply | None:  # type: ignore[type-arg]
    try:
        return kinds.prepare(Arrival(context, context.urls(), doorkeeper, sender, activity))
    except HearthError as error:
        if error.key in _NOTHING_TO_DO:
            return None
        raise


def _do(tx: Tx, apply: Apply | None) -> None:
    if apply is not None:
        apply(tx)


def _is_new(tx: Tx, uri: str) -> bool:
    """Remember that this came, and say whether it is the first time."""
    if tx.exists(_SEEN, {"uri": uri}):
        return False
    tx.execute(_REMEMBER, {"uri": uri, "received_at": tx.now_ms})
    return True


def _name(activity: Activity, signature: Signature) -> str:
    """What a replay is known by: the activity's id, or where it has none the signature itself."""
    return activity.id or f"signature:{hashlib.sha256(signature.value).hexdigest()}"


def _is_farewell_of_a_stranger(context: Context, activity: Activity) -> bool:
    """Deletions of accounts go to every server there is; nothing need be asked about those never heard of."""
    if activity.kind != "Delete" or activity.object_uri != activity.actor:
        return False
    with context.database.read() as tx:
        return known.remote_account(tx, activity.actor) is None
