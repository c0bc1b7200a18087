# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every address the instance gives to its things, made from the origin, and the way back."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from appliance.fediverse.model import MediaPurpose

_ACTOR = re.compile(r"/users/([A-Za-z0-9_]+)")
_STATUS = re.compile(r"/users/([A-Za-z0-9_]+)/statuses/(\d{1,19})")
_COLLECTION = re.compile(r"(?:/users/[A-Za-z0-9_]+/featured_collections|/collections)/(\d{1,18})")
_PAGE = re.compile(r"/@([A-Za-z0-9_]+)(?:/(\d{1,19}))?")


@dataclass(frozen=True)
class LocalThing:
    """What an address of ours points at: an account, or with `status_id` one of its statuses."""

    username: str
    status_id: int | None = None


@dataclass(frozen=True)
class Urls:
    """`origin` is scheme, host and port without a slash at the end. `federating` is false while the instance
    has no name: then `origin` is only where the asker found it, and nothing may leave the box. `media_secret` is
    what addresses of other servers' pictures are signed with."""

    origin: str
    federating: bool
    media_secret: bytes = b""

    @property
    def host(self) -> str:
        """Host, and the port if it is unusual: the part after @ in handles."""
        return urlsplit(self.origin).netloc

    def actor(self, username: str) -> str:
        return f"{self.origin}/users/{username}"

    def inbox(self, username: str) -> str:
        return f"{self.actor(username)}/inbox"

    def outbox(self, username: str) -> str:
        return f"{self.actor(username)}/outbox"

    def followers(self, username: str) -> str:
        return f"{self.actor(username)}/followers"

    def followers_synchronisation(self, username: str) -> str:
        return f"{self.actor(username)}/followers_synchronization"

    def featured(self, username: str) -> str:
        return f"{self.actor(username)}/collections/featured"

    def featured_tags(self, username: str) -> str:
        return f"{self.actor(username)}/collections/tags"

    def following(self, username: str) -> str:
        return f"{self.actor(username)}/following"

    def key(self, username: str) -> str:
        return f"{self.actor(username)}#main-key"

    @property
    def shared_inbox(self) -> str:
        return f"{self.origin}/inbox"

    def status(self, username: str, status_id: int) -> str:
        return f"{self.actor(username)}/statuses/{status_id}"

    def quote_stamp(self, username: str, quoting_id: int) -> str:
        """By which a member agrees to be quoted in a status."""
        return f"{self.actor(username)}/quote_authorizations/{quoting_id}"

    def featured_collections(self, username: str) -> str:
        """The collections of accounts that a member shows to everybody."""
        return f"{self.actor(username)}/featured_collections"

    def featured_collection(self, username: str, collection_id: int) -> str:
        return f"{self.featured_collections(username)}/{collection_id}"

    def featured_item(self, username: str, collection_id: int, item_id: int) -> str:
        return f"{self.featured_collection(username, collection_id)}/items/{item_id}"

    def feature_stamp(self, username: str, item_id: int) -> str:
        """By which a member agrees to be in somebody's collection."""
        return f"{self.actor(username)}/feature_authorizations/{item_id}"

    def collection_page(self, collection_id: int) -> str:
        return f"{self.origin}/collections/{collection_id}"

    def replies(self, username: str, status_id: int) -> str:
        return f"{self.status(username, status_id)}/replies"

    def profile_page(self, username: str) -> str:
        return f"{self.origin}/@{username}"

    def status_page(self, username: str, status_id: int) -> str:
        return f"{self.origin}/@{username}/{status_id}"

    def tag(self, name: str) -> str:
        return f"{self.origin}/tags/{quote(name)}"

    def invite(self, token: str) -> str:
        return f"{self.origin}/join/{token}"

    def media(self, name: str) -> str:
        """A file of a member's."""
        return f"{self.origin}/media/{name}"

    def elsewhere(self, purpose: MediaPurpose, url: str, *, small: bool = False) -> str:
        """Where we show a picture of another server, so that nobody's browser need ask there."""
        name = urlsafe_b64encode(url.encode()).decode().rstrip("=")
        return f"{self.origin}/elsewhere/{purpose.value}/{self._signed(purpose, url)}/{name}{'/small' * small}"

    def shown_elsewhere(self, purpose: MediaPurpose, signature: str, name: str) -> str | None:
        """The address that `elsewhere` made this from; None for what it did not make."""
        try:
            url = urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
        except ValueError:
            return None
        return url if hmac.compare_digest(self._signed(purpose, url).encode(), signature.encode()) else None

    def _signed(self, purpose: MediaPurpose, url: str) -> str:
        return hashlib.blake2b(f"{purpose.value} {url}".encode(), key=self.media_secret, digest_size=12).hexdigest()

    def is_ours(self, uri: str) -> bool:
        return uri == self.origin or uri.startswith(f"{self.origin}/")

    def collection_id(self, uri: str) -> int | None:
        """The collection that a URI of ours (ActivityPub id or page) names."""
        match = _COLLECTION.fullmatch(unquote(uri[len(self.origin) :])) if self.is_ours(uri) else None
        return int(match[1]) if match else None

    def parse(self, uri: str) -> LocalThing | None:
        """What a URI of ours (ActivityPub id or page) names; None if it is not ours or names neither."""
        if not self.is_ours(uri):
            return None
        path = unquote(uri[len(self.origin) :])
        if match := _ACTOR.fullmatch(path):
            return LocalThing(match[1])
        if match := _STATUS.fullmatch(path):
            return LocalThing(match[1], int(match[2]))
        if match := _PAGE.fullmatch(path):
            return LocalThing(match[1], int(match[2]) if match[2] else None)
        return None
