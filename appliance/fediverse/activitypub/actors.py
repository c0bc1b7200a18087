# SPDX-License-Identifier: AGPL-3.0-or-later
"""Actor documents of other servers, read."""

import re

from appliance.fediverse.activitypub import emoji, policies, reading, sanitise, signatures
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.services.remote import RemoteAccount

KINDS = frozenset({"Person", "Service", "Application", "Group", "Organization"})
MAX_FIELDS = 16
MAX_ALIASES = 16
MAX_DESCRIPTION = 1500
_DOMAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,127}[A-Za-z0-9_])?")


def read(document: Document, domain: str) -> RemoteAccount:
    """An actor as the services take it; `domain` is the part of its handle after @, already confirmed.

    Inbox, key and followers must lie where the actor does, and so must the page: whose page it is can prove links to
    be hers. Raises BadInput bad-document.
    """
    uri, username, inbox = reading.uri(document), username_of(document), reading.link_text(document.get("inbox"))
    if uri is None or reading.kind(document) not in KINDS or inbox is None:
        raise unfit("This is not an actor.")
    key = _key(document, uri)
    endpoints = document.get("endpoints")
    shared = reading.link_text(endpoints.get("sharedInbox")) if isinstance(endpoints, dict) else None
    if not reading.same_origin(uri, inbox):
        raise unfit("The actor's inbox lies on another server.")
    return RemoteAccount(
        uri=uri,
        username=username,
        domain=domain.lower(),
        inbox=inbox,
        key_id=key[0],
        public_key=key[1],
        display_name=sanitise.plain(reading.text(document, "name", 200)) or username,
        note=sanitise.html(reading.text(document, "summary", 20_000)),
        fields=_fields(document),
        url=_own(uri, reading.link(document.get("url"))),
        shared_inbox=shared if shared and reading.same_origin(uri, shared) else None,
        followers_uri=_own(uri, reading.uri(document.get("followers"))),
        featured_uri=_own(uri, reading.uri(document.get("featured"))),
        avatar_url=_image(document.get("icon")),
        header_url=_image(document.get("image")),
        actor_type=reading.kind(document),
        locked=document.get("manuallyApprovesFollowers") is True,
        bot=reading.kind(document) in ("Service", "Application"),
        discoverable=document.get("discoverable") is True,
        created_at=reading.moment(document.get("published")),
        also_known_as=reading.uris(document.get("alsoKnownAs"))[:MAX_ALIASES],
        indexable=document.get("indexable") is True,
        emojis=emoji.read(document),
        avatar_description=_image_text(document.get("icon")),
        header_description=_image_text(document.get("image")),
        attribution_domains=_domains(document),
        show_media=document.get("showMedia") is not False,
        show_media_replies=document.get("showRepliesInMedia") is not False,
        show_featured=document.get("showFeatured") is not False,
        featured_collections_uri=_own(uri, reading.uri(document.get("featuredCollections"))),
        feature_policy=policies.read(document, "canFeature", uri, reading.uri(document.get("followers"))),
    )


def username_of(document: Document) -> str:
    """Raises BadInput bad-document."""
    name = document.get("preferredUsername")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise unfit("The actor has no name that can be used here.")
    return name


def _key(document: Document, uri: str) -> tuple[str, str]:
    """Id and PEM of the first key that the actor owns, on its own server."""
    for key in reading.objects(document.get("publicKey")):
        key_id, pem = reading.uri(key), key.get("publicKeyPem")
        if key_id is None or not isinstance(pem, str) or len(pem) > 8192:
            continue
        if reading.uri(key.get("owner")) != uri or not reading.same_origin(key_id, uri):
            raise unfit("The actor's key belongs to somebody else.")
        if signatures.public_key(pem) is not None:
            return key_id, pem
    raise unfit("The actor has no RSA key.")


def _own(uri: str, other: str | None) -> str | None:
    return other if other is not None and reading.same_origin(uri, other) else None


def _image(value: object) -> str | None:
    images = reading.objects(value)
    return reading.link(images[0].get("url")) if images else reading.link_text(value)


def _image_text(value: object) -> str:
    """What a picture shows, in words."""
    image = next(iter(reading.objects(value)), {})
    said = (reading.text(image, name, MAX_DESCRIPTION) for name in ("summary", "name"))
    return sanitise.plain(next(filter(None, said), ""))


def _domains(document: Document) -> tuple[str, ...]:
    """Of sites that may name this person as an author."""
    given = document.get("attributionDomains")
    texts = (each.lower() for each in (given if isinstance(given, list) else [given])[:100] if isinstance(each, str))
    return tuple(each for each in texts if _DOMAIN.fullmatch(each))[:MAX_ALIASES]


def _fields(document: Document) -> tuple[tuple[str, str], ...]:
    found = [item for item in reading.objects(document.get("attachment")) if reading.kind(item) == "PropertyValue"]
    return tuple(
        (sanitise.plain(reading.text(item, "name", 255)), sanitise.html(reading.text(item, "value", 2047)))
        for item in found[:MAX_FIELDS]
    )
