# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who sent a request: the signature's key must belong to the activity's actor, fetched from its own server."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from appliance.errors import HearthError, Refused, Unavailable
from appliance.fediverse.activitypub import known, reading, signatures
from appliance.fediverse.activitypub.budget import Budget, TooMuch
from appliance.fediverse.activitypub.documents import Row
from appliance.fediverse.activitypub.fetch import SECONDS_IN_INBOX
from appliance.fediverse.activitypub.resolve import Resolver
from appliance.fediverse.activitypub.signatures import BadSignature, Signature
from appliance.fediverse.context import Context
from appliance.fediverse.db.database import Database, Tx
from appliance.fediverse.services import accounts, relays
from appliance.system.clock import Clock

REFETCH_SECONDS = 600.0
MAX_FETCHES = 2  # of the four threads that a process has
_REMEMBERED = 10_000
_FOLLOWED_SECONDS = 60.0
_OWNER_SECONDS = 20.0  # a moderator who suspends somebody waits no longer
_OWNERS = 1000


class Doorkeeper:
    """Remembers whom it asked about lately and how many it asks about now, so that a flood of forged requests makes
    us neither flood somebody else nor run out of threads. One per process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()
        self._owners: OrderedDict[str, tuple[float, Row | None]] = OrderedDict()
        self._followed: OrderedDict[int, tuple[float, bool]] = OrderedDict()
        self.budget = Budget(clock)
        self.questions = Budget(clock)  # apart: whoever forges a request must not spend what others may say
        self._slots = threading.BoundedSemaphore(MAX_FETCHES)

    def is_news(self, subject: str) -> bool:
        """True at most once per REFETCH_SECONDS for each actor, or whatever else it is that is asked or learned."""
        now = self._clock.monotonic()
        with self._lock:
            last = self._asked.get(subject)
            if last is not None and now - last < REFETCH_SECONDS:
                return False
            self._asked[subject] = now
            self._asked.move_to_end(subject)
            while len(self._asked) > _REMEMBERED:
                self._asked.popitem(last=False)
            return True

    def key_owner(self, database: Database, key_id: str, *, fresh: bool = False) -> Row | None:
        """Whose key this is; as it was within the last seconds, unless it must be fresh. Nobody is remembered as
        unknown."""
        now = self._clock.monotonic()
        with self._lock:
            at, owner = self._owners.get(key_id, (0.0, None))
        if owner is not None and not fresh and now - at < _OWNER_SECONDS:
            return owner
        with database.read() as tx:
            owner = known.key_owner(tx, key_id)
        if owner is not None:
            with self._lock:
                self._owners[key_id] = now, owner
                while len(self._owners) > _OWNERS:
                    self._owners.popitem(last=False)
        return owner

    def forget(self, key_id: str) -> None:
        """Its owner changed."""
        with self._lock:
            self._owners.pop(key_id, None)

    def is_followed(self, database: Database, account_id: int) -> bool:
        """Whether a member follows this account, or it is a relay; as it was within the last minute."""
        now = self._clock.monotonic()
        with self._lock:
            last = self._followed.get(account_id)
        if last is not None and now - last[0] < _FOLLOWED_SECONDS:
            return last[1]
        with database.read() as tx:
            found = known.followed_here(tx, account_id) or _is_relay(tx, account_id)
        with self._lock:
            self._followed[account_id] = now, found
            while len(self._followed) > _REMEMBERED:
                self._followed.popitem(last=False)
        return found

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around anything that waits for other servers. Raises Unavailable when too many wait already."""
        if not self._slots.acquire(blocking=False):
            raise Unavailable("busy", "Too many other servers are being asked at once.")
        try:
            yield
        finally:
            self._slots.release()


def authenticate(context: Context, doorkeeper: Doorkeeper, signature: Signature, actor_uri: str) -> Row:
    """The account that sent this, which is the activity's actor. Raises BadSignature, Refused, Unavailable."""
    if not reading.same_origin(signature.key_id, actor_uri):
        raise Refused("wrong-actor", "The key that signed this is not the actor's.")
    for fresh in (False, True):
        owner = doorkeeper.key_owner(context.database, signature.key_id, fresh=fresh)
        if owner is not None:
            _check_owner(owner, actor_uri)
            if signatures.verify(signature, owner.public_key):
                return owner
    # Unknown, or the key was changed: what the actor's server says now decides.
    with doorkeeper.asking():
        if not doorkeeper.is_news(actor_uri):
            raise BadSignature("The signature is not valid.")
        try:
            doorkeeper.questions.spend(urlsplit(actor_uri).netloc, 0, followed=False)
            owner = Resolver(context, seconds=SECONDS_IN_INBOX).refresh(actor_uri)
        except TooMuch:
            raise
        except HearthError as error:
            raise BadSignature(f"The actor could not be read: {error.sentence}") from None
    if owner.key_id != signature.key_id:
        raise Refused("wrong-actor", "The key that signed this is not the actor's.")
    _check_owner(owner, actor_uri)
    if not signatures.verify(signature, owner.public_key):
        raise BadSignature("The signature is not valid.")
    return owner


def authenticate_question(context: Context, doorkeeper: Doorkeeper, signature: Signature) -> Row:
    """The account that signed a request for something. Its key's id leads to it. Raises as `authenticate`."""
    owner = doorkeeper.key_owner(context.database, signature.key_id, fresh=True)
    actor_uri = owner.uri if owner is not None else signature.key_id.partition("#")[0].removesuffix("/main-key")
    return authenticate(context, doorkeeper, signature, actor_uri)


def _check_owner(owner: Row, actor_uri: str) -> None:
    if owner.uri != actor_uri:
        raise Refused("wrong-actor", "The key that signed this is not the actor's.")
    if owner.suspended_at is not None:
        raise Refused("suspended", "This server takes nothing from that account.")


def _is_relay(tx: Tx, account_id: int) -> bool:
    row = accounts.by_id(tx, account_id)
    return row is not None and row.uri is not None and relays.of_origin(tx, reading.origin(row.uri)) is not None
