# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notes of other servers, and what is shown as one, read. Who is meant is still a URI here; `known` finds the rows."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any, TypeGuard

from appliance.fediverse.activitypub import emoji, policies, questions, quotes, reading, sanitise
from appliance.fediverse.activitypub.documents import PUBLIC, Document
from appliance.fediverse.activitypub.quotes import Quote
from appliance.fediverse.activitypub.reading import unfit
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import attachments
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.services.remote import RemoteEmoji, RemotePoll

KINDS = frozenset({"Note", "Question"})
SHOWN_AS_LINK = frozenset({"Article", "Page", "Image", "Audio", "Video", "Event"})
MAX_ATTACHMENTS = 16
MAX_MENTIONS = 100
MAX_TAGS = 50
MAX_COLLECTIONS = 4
MAX_SIZE = 65536
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,2}")
_TAG = re.compile(r"\w{1,100}")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-zA-Z0-9.+-]{1,64}")


@dataclass(frozen=True)
class Note:
    """`mentions` are actor URIs; `parent` is the URI of what it replies to. Times in milliseconds."""

    uri: str
    author: str
    content: str
    visibility: Visibility
    created_at: int
    url: str | None
    spoiler_text: str
    sensitive: bool
    language: str | None
    parent: str | None
    mentions: tuple[str, ...]
    tags: tuple[str, ...]
    attachments: tuple[Attachment, ...]
    edited_at: int | None
    poll: RemotePoll | None
    quote: Quote | None
    quote_policy: str | None
    emojis: tuple[RemoteEmoji, ...]
    collections: tuple[str, ...]


def read(document: Document, followers: str | None, now: int) -> Note:
    """`followers` is the URI of the author's followers. Raises BadInput bad-document."""
    uri, author, kind = reading.uri(document), reading.uri(document.get("attributedTo")), reading.kind(document)
    if uri is None or author is None or kind not in KINDS | SHOWN_AS_LINK:
        raise unfit("This is not a note.")
    if not reading.same_origin(uri, author):
        raise unfit("The note is attributed to somebody on another server.")
    audience = reading.uris(document.get("to")), reading.uris(document.get("cc"))
    visibility = visibility_of(*audience, followers)
    url = reading.link(document.get("url"))
    spoiler_text = sanitise.plain(reading.text(document, "summary", 5000))
    published = reading.moment(document.get("published"))
    updated = reading.moment(document.get("updated"))
    created_at = min(published, now) if published is not None and published > 0 else now
    return Note(
        uri=uri,
        author=author,
        content=_content(document) if kind in KINDS else _as_link(document, url or uri),
        visibility=visibility,
        created_at=created_at,
        url=url,
        spoiler_text=spoiler_text if kind in KINDS else "",
        sensitive=document.get("sensitive") is True or bool(spoiler_text and kind in KINDS),
        language=_language(document),
        parent=reading.uri(document.get("inReplyTo")),
        mentions=_mentions(document, visibility, audience),
        tags=_tags(document),
        attachments=_attachments(document),
        edited_at=min(updated, now) if updated is not None and updated > created_at else None,
        poll=questions.read(document),
        quote=quotes.read(document),
        quote_policy=policies.read(document, "canQuote", author, followers) or None,
        emojis=emoji.read(document),
        collections=_collections(document),
    )


def visibility_of(to: tuple[str, ...], cc: tuple[str, ...], followers: str | None) -> Visibility:
    if PUBLIC in to:
        return Visibility.PUBLIC
    if PUBLIC in cc:
        return Visibility.UNLISTED
    if followers is not None and followers in (*to, *cc):
        return Visibility.FOLLOWERS
    return Visibility.DIRECT


def _content(document: Document) -> str:
    if isinstance(document.get("content"), str):
        return sanitise.html(reading.text(document, "content", sanitise.MAX_LENGTH))
    contents = document.get("contentMap")
    for value in contents.values() if isinstance(contents, dict) else ():
        if isinstance(value, str):
            return sanitise.html(value)
    return ""


def _as_link(document: Document, url: str) -> str:
    name = sanitise.plain(reading.text(document, "name", 500)) or url
    return sanitise.html(f'<p><a href="{escape(url)}">{escape(name)}</a></p>')


def _language(document: Document) -> str | None:
    contents = document.get("contentMap")
    if not isinstance(contents, dict):
        return None
    content = document.get("content")
    names = [name for name, value in contents.items() if value == content] or list(contents)
    return names[0] if names and _LANGUAGE.fullmatch(names[0]) else None


def _mentions(
    document: Document, visibility: Visibility, audience: tuple[tuple[str, ...], tuple[str, ...]]
) -> tuple[str, ...]:
    """Those with a Mention tag. A direct note is also for those it is only addressed to, or nobody could read it."""
    named = [
        href
        for tag in reading.objects(document.get("tag"))
        if reading.kind(tag) == "Mention" and (href := reading.link_text(tag.get("href")))
    ]
    if visibility is Visibility.DIRECT:
        named += [uri for uris in audience for uri in uris]
    return tuple(dict.fromkeys(named))[:MAX_MENTIONS]


def _tags(document: Document) -> tuple[str, ...]:
    names = (
        reading.text(tag, "name", 101).removeprefix("#")
        for tag in reading.objects(document.get("tag"))
        if reading.kind(tag) == "Hashtag"
    )
    return tuple(dict.fromkeys(name for name in names if _TAG.fullmatch(name)))[:MAX_TAGS]


def _collections(document: Document) -> tuple[str, ...]:
    """Collections of accounts that it names in a tag, as Mastodon does."""
    tags = (tag for tag in reading.objects(document.get("tag")) if reading.kind(tag) == "FeaturedCollection")
    return tuple(dict.fromkeys(uri for tag in tags if (uri := reading.uri(tag))))[:MAX_COLLECTIONS]


def _attachments(document: Document) -> tuple[Attachment, ...]:
    found = []
    for item in reading.objects(document.get("attachment"))[:MAX_ATTACHMENTS]:
        url, media_type = reading.link(item.get("url") or item.get("href")), reading.text(item, "mediaType", 100)
        if url is None or reading.kind(item) not in ("Document", "Image", "Video", "Audio"):
            continue
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type = ""
        described = sanitise.plain(reading.text(item, "summary", 1500) or reading.text(item, "name", 1500))
        found.append(
            Attachment(
                type=_shown_as(media_type, reading.kind(item)),
                url=url,
                media_type=media_type,
                description=described,
                blurhash=_blurhash(item),
                meta=_meta(item),
            )
        )
    return tuple(found)


def _shown_as(media_type: str, kind: str) -> str:
    """The Mastodon API's name for the kind of media."""
    family = media_type.partition("/")[0] or kind.lower()
    return family if family in ("image", "video", "audio") else "unknown"


def _blurhash(item: Document) -> str | None:
    value = item.get("blurhash")
    return value if isinstance(value, str) and _BLURHASH.fullmatch(value) else None


def _meta(item: Document) -> dict[str, Any]:
    """Size and focus, as the Mastodon API has them."""
    meta: dict[str, Any] = {}
    width, height = item.get("width"), item.get("height")
    if _is_size(width) and _is_size(height):
        meta["original"] = attachments.sizes(width, height)
    point = item.get("focalPoint")
    if isinstance(point, list) and len(point) == 2 and all(_is_share(value) for value in point):
        meta["focus"] = {"x": float(point[0]), "y": float(point[1])}
    return meta


def _is_size(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_SIZE


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= 1
