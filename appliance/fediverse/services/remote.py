# SPDX-License-Identifier: AGPL-3.0-or-later
"""What other servers tell us, checked and sanitised by `activitypub`, in the form the services take."""

from dataclasses import dataclass, field

from appliance.fediverse.model import QuoteState, Visibility
from appliance.fediverse.services.attachments import Attachment


@dataclass(frozen=True)
class RemoteEmoji:
    """A picture for `shortcode`. Times in milliseconds."""

    shortcode: str
    image_url: str
    uri: str | None = None
    updated_at: int | None = None


@dataclass(frozen=True)
class RemoteAccount:
    """An actor document, read. `note` and field values are sanitised HTML; times in milliseconds."""

    uri: str
    username: str
    domain: str
    inbox: str
    key_id: str
    public_key: str
    display_name: str = ""
    note: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    url: str | None = None
    shared_inbox: str | None = None
    followers_uri: str | None = None
    featured_uri: str | None = None
    avatar_url: str | None = None
    header_url: str | None = None
    actor_type: str = "Person"
    locked: bool = False
    bot: bool = False
    discoverable: bool = True
    created_at: int | None = None
    also_known_as: tuple[str, ...] = ()
    indexable: bool = False
    emojis: tuple[RemoteEmoji, ...] = ()
    avatar_description: str = ""
    header_description: str = ""
    attribution_domains: tuple[str, ...] = ()
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    featured_collections_uri: str | None = None
    feature_policy: str | None = None  # as services.feature_policy keeps it


@dataclass(frozen=True)
class RemoteQuote:
    """What a status quotes; `quoted_id` is None while that is not known here. `approval` is where the quoted author
    says that it may."""

    uri: str
    quoted_id: int | None
    state: QuoteState
    approval: str | None = None


@dataclass(frozen=True)
class RemotePoll:
    """`voters_count` is None where the server does not say; times in milliseconds."""

    options: tuple[str, ...]
    tallies: tuple[int, ...]
    voters_count: int | None
    multiple: bool
    expires_at: int | None


@dataclass(frozen=True)
class RemoteStatus:
    """A Note (or what is shown as one), read. `mentions` are account ids known here; `content` is sanitised HTML."""

    uri: str
    content: str
    visibility: Visibility
    created_at: int
    url: str | None = None
    spoiler_text: str = ""
    sensitive: bool = False
    language: str | None = None
    in_reply_to_id: int | None = None
    mentions: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = field(default=())
    edited_at: int | None = None
    poll: RemotePoll | None = None
    quote: RemoteQuote | None = None
    quote_policy: str | None = None  # as services.quote_policy keeps it
    emojis: tuple[RemoteEmoji, ...] = ()
    collections: tuple[str, ...] = ()  # URIs of those of accounts that it names

    @property
    def texts(self) -> tuple[str, ...]:
        """All in which there may be an emoji."""
        return self.content, self.spoiler_text, *(self.poll.options if self.poll else ())


@dataclass(frozen=True)
class RemoteCollection:
    """A FeaturedCollection (FEP-7aa9), read. `description` is sanitised HTML; times in milliseconds."""

    uri: str
    name: str
    description: str = ""
    url: str | None = None
    language: str | None = None
    sensitive: bool = False
    discoverable: bool = True
    tag: str | None = None
    created_at: int | None = None
    updated_at: int | None = None


@dataclass(frozen=True)
class RemoteItem:
    """Somebody in a collection; `approval` is where her server says that she agreed, and `verified_at` when that was
    read. For a member, of whom it is known here, both are None. `is_new`: she was not in it when reading it began."""

    uri: str
    account_id: int
    approval: str | None = None
    verified_at: int | None = None
    created_at: int | None = None
    is_new: bool = True


@dataclass(frozen=True)
class RemoteItems:
    """Who is in a collection as its server lists them. `refused` are in it here and do not agree any more; if it is
    `complete`, nobody else is in it."""

    items: tuple[RemoteItem, ...]
    refused: frozenset[int]
    complete: bool


@dataclass(frozen=True)
class Approval:
    """By which somebody of elsewhere is in a collection here."""

    account_id: int
    uri: str | None
    verified_at: int
