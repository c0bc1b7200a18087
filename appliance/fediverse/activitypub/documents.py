# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers read of us: rows turned into ActivityStreams documents. Pure; nothing is looked up here.

Shapes follow ActivityPub (W3C, 2018), ActivityStreams 2.0 and what Mastodon documents under "Spec compliance".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.activitypub import policies, quote_documents, terms
from appliance.fediverse.activitypub.quote_documents import Quoted
from appliance.fediverse.media.kinds import TYPES
from appliance.fediverse.model import Visibility
from appliance.fediverse.services import attachments, feature_policy, text
from appliance.fediverse.services.attachments import Attachment
from appliance.fediverse.urls import Urls
from appliance.system.clock import from_milliseconds

PUBLIC = terms.PUBLIC
MEDIA_TYPE = "application/activity+json"

Document = terms.Document
Row = sa.Row[Any]


@dataclass(frozen=True)
class NoteParts:
    """All that a Note is drawn from. `mentioned` are account rows; `parent_uri` is what it replies to."""

    status: Row
    author: Row
    mentioned: tuple[Row, ...] = ()
    tags: tuple[str, ...] = ()
    parent_uri: str | None = None
    poll: Row | None = None
    quoted: Quoted | None = None
    collections: tuple[Document, ...] = ()  # tags for those of accounts that it links to


def iso(milliseconds: int) -> str:
    return from_milliseconds(milliseconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def account_uri(urls: Urls, account: Row) -> str:
    return account.uri or urls.actor(account.username)


def status_uri(urls: Urls, status: Row, author: Row) -> str:
    return status.uri or urls.status(author.username, status.id)


def handle(urls: Urls, account: Row) -> str:
    return f"@{account.username}@{account.domain or urls.host}"


def in_context(document: Document) -> Document:
    return {"@context": terms.CONTEXT, **document}


def actor(urls: Urls, account: Row, moved_to: str | None = None) -> Document:
    """A local account as a Person or Service, its public key included; `moved_to` is the URI of where it went."""
    uri = urls.actor(account.username)
    document: Document = {
        "id": uri,
        "type": "Service" if account.bot else "Person",
        "preferredUsername": account.username,
        "name": account.display_name,
        "summary": text.absolute(account.note, urls.origin),
        "url": urls.profile_page(account.username),
        "inbox": urls.inbox(account.username),
        "outbox": urls.outbox(account.username),
        "followers": urls.followers(account.username),
        "following": urls.following(account.username),
        "featured": urls.featured(account.username),
        "featuredTags": urls.featured_tags(account.username),
        "featuredCollections": urls.featured_collections(account.username),
        "interactionPolicy": policies.written(urls, account.username, "canFeature", feature_policy.of(account)),
        "manuallyApprovesFollowers": account.locked,
        "discoverable": account.discoverable,
        "indexable": account.indexable,
        "showMedia": account.show_media,
        "showRepliesInMedia": account.show_media_replies,
        "showFeatured": account.show_featured,
        "attributionDomains": account.attribution_domains or [],
        "alsoKnownAs": account.also_known_as or [],
        "published": iso(account.created_at),
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "publicKey": {"id": urls.key(account.username), "owner": uri, "publicKeyPem": account.public_key},
        "attachment": [
            {"type": "PropertyValue", "name": field["name"], "value": text.absolute(field["value"], urls.origin)}
            for field in account.fields
        ],
    }
    if account.emojis:
        document["tag"] = emojis(urls, account)
    if moved_to is not None:
        document["movedTo"] = moved_to
    if account.suspended_at is not None:
        document["suspended"] = True
    pictures = (
        ("icon", account.avatar_url, account.avatar_description),
        (*("image", account.header_url, account.header_description),),
    )
    for name, file, description in pictures:
        if file:
            media_type = TYPES[file.rpartition(".")[2]]
            document[name] = {"type": "Image", "mediaType": media_type, "url": urls.media(file)}
            if description:
                document[name]["summary"] = description
    return document


def addressed(urls: Urls, visibility: Visibility, author: Row, others: Iterable[Row]) -> tuple[list[str], list[str]]:
    """`to` and `cc` as Mastodon writes them: the visibility is read back from where Public and followers stand."""
    named = [account_uri(urls, account) for account in others]
    followers = author.followers_uri or urls.followers(author.username)
    match visibility:
        case Visibility.PUBLIC:
            return [PUBLIC], [followers, *named]
        case Visibility.UNLISTED:
            return [followers], [PUBLIC, *named]
        case Visibility.FOLLOWERS:
            return [followers], named
        case Visibility.DIRECT:
            return named, []


def note(urls: Urls, parts: NoteParts) -> Document:
    status, author = parts.status, parts.author
    to, cc = addressed(urls, Visibility(status.visibility), author, parts.mentioned)
    content = text.absolute(status.content, urls.origin)
    document: Document = {
        "id": urls.status(author.username, status.id),
        "type": "Note",
        "attributedTo": urls.actor(author.username),
        "url": urls.status_page(author.username, status.id),
        "published": iso(status.created_at),
        "to": to,
        "cc": cc,
        "summary": status.spoiler_text or None,
        "sensitive": status.sensitive or author.sensitized_at is not None,
        "inReplyTo": parts.parent_uri,
        "replies": urls.replies(author.username, status.id),
        "content": content,
        "attachment": [attachment(urls, attachments.read(each)) for each in status.attachments],
        "tag": [
            *(
                {"type": "Mention", "href": account_uri(urls, account), "name": handle(urls, account)}
                for account in parts.mentioned
            ),
            *({"type": "Hashtag", "href": urls.tag(name), "name": f"#{name}"} for name in parts.tags),
            *emojis(urls, status),
            *parts.collections,
        ],
    }
    document |= quote_documents.of_note(urls, status, author.username, parts.quoted)
    if status.language:
        document["contentMap"] = {status.language: content}
    if status.edited_at:
        document["updated"] = iso(status.edited_at)
    if parts.poll:
        document |= question(parts.poll)
    return document


def emojis(urls: Urls, row: Row) -> list[Document]:
    """Those that a status or an account of ours uses."""
    return [
        {
            "id": f"{urls.origin}/emojis/{code}",
            "type": "Emoji",
            "name": f":{code}:",
            "icon": {"type": "Image", "mediaType": TYPES[image.rpartition(".")[2]], "url": urls.media(image)},
        }
        for code, image in (row.emojis or {}).items()
    ]


def question(poll: Row) -> Document:
    """What makes a Question of a Note. Counts that are hidden until the end are not told before."""
    over = poll.expires_at is not None and poll.ends_at is None
    shown = over or not poll.hide_totals
    options: list[Document] = [
        {"type": "Note", "name": title, "replies": {"type": "Collection", "totalItems": votes if shown else 0}}
        for title, votes in zip(poll.options, poll.tallies, strict=False)
    ]
    document: Document = {"type": "Question", "anyOf" if poll.multiple else "oneOf": options}
    document["votersCount"] = poll.voters_count if shown else 0
    if poll.expires_at is not None:
        document["endTime"] = iso(poll.expires_at)
        if over:
            document["closed"] = iso(poll.expires_at)
    return document


def attachment(urls: Urls, made: Attachment) -> Document:
    document: Document = {
        "type": "Document",
        "mediaType": made.media_type,
        "url": urls.media(made.file),
        "name": made.description or None,
    }
    if made.blurhash:
        document["blurhash"] = made.blurhash
    if "focus" in made.meta:
        document["focalPoint"] = [made.meta["focus"]["x"], made.meta["focus"]["y"]]
    original = made.meta.get("original", {})
    return document | {name: original[name] for name in ("width", "height") if name in original}


def tombstone(uri: str) -> Document:
    return {"id": uri, "type": "Tombstone"}


def activity(kind: str, uri: str, actor_uri: str, thing: Document | str, **more: Any) -> Document:
    return {"id": uri, "type": kind, "actor": actor_uri, **more, "object": thing}


def create(urls: Urls, parts: NoteParts) -> Document:
    thing = note(urls, parts)
    return activity(
        "Create",
        f"{thing['id']}/activity",
        thing["attributedTo"],
        thing,
        published=thing["published"],
        to=thing["to"],
        cc=thing["cc"],
    )


def announce(urls: Urls, boost: Row, booster: Row, original: Row, original_author: Row) -> Document:
    actor_uri = urls.actor(booster.username)
    to, cc = addressed(urls, Visibility(boost.visibility), booster, [original_author])
    return activity(
        "Announce",
        f"{urls.status(booster.username, boost.id)}/activity",
        actor_uri,
        status_uri(urls, original, original_author),
        published=iso(boost.created_at),
        to=to,
        cc=cc,
    )


def follow(urls: Urls, row: Row, follower: Row, followee: Row) -> Document:
    """The Follow as its sender wrote it; `row.uri` is set when the follower is remote."""
    follower_uri = account_uri(urls, follower)
    uri = row.uri or f"{follower_uri}#follows/{row.id}"
    return activity("Follow", uri, follower_uri, account_uri(urls, followee))


def undo(thing: Document) -> Document:
    """Takes back an activity of ours; addressed as that one was."""
    addresses = {name: thing[name] for name in ("to", "cc") if name in thing}
    bare = {name: value for name, value in thing.items() if name not in ("to", "cc")}
    return activity("Undo", f"{thing['id']}#undo", thing["actor"], bare, **addresses)
