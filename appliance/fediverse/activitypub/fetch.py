# SPDX-License-Identifier: AGPL-3.0-or-later
"""Documents of other servers, each asked for at its own origin and signed by the instance's actor."""

from urllib.parse import quote, urljoin, urlsplit

from appliance.errors import HearthError
from appliance.fediverse.activitypub import instance_actor, reading, signatures
from appliance.fediverse.activitypub.documents import MEDIA_TYPE, Document
from appliance.fediverse.activitypub.signatures import Message
from appliance.fediverse.db.database import Database
from appliance.fediverse.services import server_policy
from appliance.fediverse.urls import Urls
from appliance.secret import Secret
from appliance.system.clock import Clock
from appliance.system.guard import Guard, NetError, is_loopback
from appliance.system.net import Limits, Net, Request, Response

PROFILE = "https://www.w3.org/ns/activitystreams"
ACCEPT = f'{MEDIA_TYPE}, application/ld+json; profile="{PROFILE}"'
_REDIRECTS = 3
_SECONDS = 10.0
SECONDS_IN_ALL = 20.0
SECONDS_IN_INBOX = 5.0  # the sender waits for our answer meanwhile
_NOTHING, _REMEDY = "There is nothing of that name.", "Check the spelling."


def not_found(sentence: str = _NOTHING) -> HearthError:
    return HearthError("not-found", sentence, _REMEDY, status=404)


class Gone(HearthError):
    """Its own server says that there is nothing at this address (404), or nothing any more (410)."""

    def __init__(self) -> None:
        super().__init__("not-found", _NOTHING, _REMEDY, status=404)


class Fetcher:
    """Asks other servers, for `seconds` in all from when it was made: one request of somebody's leads to several here,
    and slow servers must not hold a thread for minutes. Never use one inside a transaction."""

    def __init__(
        self, net: Net, database: Database, clock: Clock, urls: Urls, *, seconds: float = SECONDS_IN_ALL
    ) -> None:
        self._net = net
        self._database = database
        self._clock = clock
        self._urls = urls
        self._deadline = clock.monotonic() + seconds
        self._private_key: Secret | None = None
        # Only takes URLs apart here; the Net door judges them.
        self._guard = Guard(development=urls.origin.startswith("http:"))

    def document(self, uri: str) -> Document:
        """The document with this id, or the one that a page's address stands for.

        What a server hands out under an address counts only if it says itself that this is its id; if it names
        another id of the same origin, that one is asked. Raises HearthError not-found (Gone if its server says so),
        NetError.
        """
        document, found_at = self._ask(uri)
        own_id = reading.uri(document)
        if own_id is not None and own_id != found_at and reading.same_origin(own_id, found_at):
            document, found_at = self._ask(own_id)
        if reading.uri(document) != found_at:
            raise not_found("That server's answer is about something else.")
        return document

    def webfinger(self, username: str, host: str) -> Document:
        """The JRD about acct:username@host (RFC 7033). Raises HearthError not-found, Refused, NetError."""
        self._require_allowed(host)
        resource = quote(f"acct:{username}@{host}", safe="")
        url = f"{self._scheme(host)}://{host}/.well-known/webfinger?resource={resource}"
        headers = {"Accept": "application/jrd+json, application/json"}
        response = self._net.fetch(Request(url, headers=headers, limits=self._limits()))
        if not response.ok or not _media_type(response).endswith("json"):
            raise not_found()
        return reading.parse(response.body)

    def _ask(self, uri: str) -> tuple[Document, str]:
        """The document, and where it was in the end."""
        if self._urls.is_ours(uri):
            raise not_found()
        response = self._follow(uri)
        if response.status in (404, 410):
            raise Gone
        if not response.ok:
            raise not_found()
        kind = _media_type(response)
        # Files that people upload must not pass for documents of their server.
        if kind != MEDIA_TYPE and not (kind == "application/ld+json" and PROFILE in response.headers["content-type"]):
            raise not_found("That server does not answer with a document of the fediverse.")
        return reading.parse(response.body), response.url

    def _follow(self, uri: str) -> Response:
        """Every hop is signed anew, since a signature is made for one host and path."""
        for _ in range(_REDIRECTS + 1):
            try:
                host = urlsplit(uri).netloc
            except ValueError:
                raise NetError("net-refused", "This is not an address that can be asked.", status=422) from None
            self._require_allowed(host)
            response = self._net.fetch(Request(uri, headers=self._signed(uri), limits=self._limits(), follow=False))
            location = response.headers.get("location")
            if not 300 <= response.status < 400 or not location:
                return response
            try:
                moved = urljoin(uri, location)
            except ValueError:
                raise NetError("net-refused", "That server redirects to what is no address.", status=422) from None
            if uri.startswith("https:") and not moved.startswith("https:"):
                raise NetError("net-refused", "That server redirects to an address that is not https.", status=422)
            uri = moved
        raise NetError("net-refused", "That server redirects too often.", status=422)

    def _require_allowed(self, host: str) -> None:
        """Raises Refused server-refused for servers that this one has nothing to do with."""
        # Under other spellings of its name a server would be another one, which nobody blocked.
        if server_policy.canonical(host) != host.lower():
            raise not_found("That is not how the server's name is written.")
        with self._database.read() as tx:
            server_policy.require(tx, host)

    def _limits(self) -> Limits:
        left = self._deadline - self._clock.monotonic()
        if left <= 0:
            raise NetError("net-timeout", "That server took too long to answer.", status=504)
        return Limits(seconds=min(left, _SECONDS))

    def _signed(self, uri: str) -> dict[str, str]:
        target = self._guard.target(uri)
        if self._private_key is None:
            self._private_key = instance_actor.key_pair(self._database).private
        key = signatures.private_key(self._private_key.reveal())
        message = Message("GET", target.path, {"host": target.host_header, "accept": ACCEPT})
        return signatures.sign(key, instance_actor.key_id(self._urls), message, self._clock.now())

    def _scheme(self, host: str) -> str:
        name = host.rpartition(":")[0].strip("[]") or host
        development = self._urls.origin.startswith("http:")
        return "http" if development and (name == "localhost" or is_loopback(name)) else "https"


def _media_type(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()
