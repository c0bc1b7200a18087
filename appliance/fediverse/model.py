# SPDX-License-Identifier: AGPL-3.0-or-later
"""The instance's vocabulary: enums that rows, API and ActivityPub share."""

from enum import Enum


class Visibility(Enum):
    """Who may see a status; the values are the Mastodon API's."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "private"
    DIRECT = "direct"


class FollowState(Enum):
    PENDING = "pending"
    ACCEPTED = "accepted"


class NotificationKind(Enum):
    """The values are the Mastodon API's notification types."""

    MENTION = "mention"
    STATUS = "status"
    BOOST = "reblog"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FAVOURITE = "favourite"
    UPDATE = "update"
    POLL = "poll"
    QUOTE = "quote"
    QUOTED_UPDATE = "quoted_update"
    COLLECTED = "added_to_collection"
    COLLECTION_UPDATE = "collection_update"
    SIGN_UP = "admin.sign_up"
    REPORT = "admin.report"
    SEVERED = "severed_relationships"
    WARNING = "moderation_warning"


class Severed(Enum):
    """Why follows ended; the values are the Mastodon API's."""

    SERVER_BLOCKED = "domain_block"
    DOMAIN_BLOCKED_BY_MEMBER = "user_domain_block"
    ACCOUNT_SUSPENDED = "account_suspension"


class QuoteState(Enum):
    """Whether the quoted author agreed. What a certain reader sees besides is decided when it is shown."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"


class FeatureState(Enum):
    """Whether who is in a collection agreed. The first two values are the Mastodon API's; of others nobody is told."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REVOKED = "revoked"


class RelayState(Enum):
    """Whether a relay let us in."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Role(Enum):
    """What a member may do on the instance."""

    OWNER = "owner"
    MODERATOR = "moderator"
    MEMBER = "member"


class MemberState(Enum):
    ACTIVE = "active"
    PENDING = "pending"  # waits for approval
    DISABLED = "disabled"


class Registration(Enum):
    """Who may become a member by themselves."""

    CLOSED = "closed"
    INVITE = "invite"
    APPROVAL = "approval"
    OPEN = "open"


class FilterContext(Enum):
    """Where a filter applies; the values are the Mastodon API's."""

    HOME = "home"
    NOTIFICATIONS = "notifications"
    PUBLIC = "public"
    THREAD = "thread"
    ACCOUNT = "account"


class FilterAction(Enum):
    WARN = "warn"
    HIDE = "hide"
    BLUR = "blur"


class RepliesPolicy(Enum):
    """Which replies a list shows: those to anybody followed, to who is on the list, or none."""

    FOLLOWED = "followed"
    LIST = "list"
    NONE = "none"


class MediaKind(Enum):
    """The values are the Mastodon API's types of attachments."""

    IMAGE = "image"
    GIFV = "gifv"  # a film without sound that is shown as a picture
    VIDEO = "video"
    AUDIO = "audio"
    UNKNOWN = "unknown"


class MediaPurpose(Enum):
    """What a picture is for, which decides its size."""

    ATTACHMENT = "attachment"
    AVATAR = "avatar"
    HEADER = "header"
    EMOJI = "emoji"
    CARD = "card"


class MediaState(Enum):
    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"
