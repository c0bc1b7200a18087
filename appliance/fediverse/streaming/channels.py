# SPDX-License-Identifier: AGPL-3.0-or-later
"""The streams there are by name, and what each is fed from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from appliance.fediverse.services.text import tag_key

PREFIX = "/api/v1/streaming"
HEALTH = f"{PREFIX}/health"


class Kind(Enum):
    HOME = auto()
    NOTIFICATIONS = auto()
    OWN = auto()  # what concerns the member alone: her filters, announcements
    PUBLIC = auto()
    TAG = auto()
    LIST = auto()
    DIRECT = auto()


@dataclass(frozen=True)
class Feed:
    """One thing to read on, with what narrows it down."""

    kind: Kind
    local: bool = False
    remote: bool = False
    media: bool = False
    tag: str = ""
    list_id: int = 0


@dataclass(frozen=True)
class Channel:
    """A stream as a client names it: `name` is what it is told with each event."""

    name: tuple[str, ...]
    feeds: tuple[Feed, ...]
    scope: str = "read:statuses"


class UnknownStream(Exception):
    """`sentence` is for the client."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


_HOME, _NOTIFICATIONS, _OWN = Feed(Kind.HOME), Feed(Kind.NOTIFICATIONS), Feed(Kind.OWN)
_FIXED = {
    "user": Channel(("user",), (_HOME, _NOTIFICATIONS, _OWN)),
    "user:notification": Channel(("user:notification",), (_NOTIFICATIONS,), "read:notifications"),
    "direct": Channel(("direct",), (Feed(Kind.DIRECT),)),
} | {
    name: Channel((name,), (Feed(Kind.PUBLIC, local="local" in name, remote="remote" in name, media="media" in name),))
    for name in (
        *("public", "public:local", "public:remote"),
        *("public:media", "public:local:media", "public:remote:media"),
    )
}
_PATHS = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "direct": "direct",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
}


def named(name: str, parameters: Mapping[str, str]) -> Channel:
    """Raises UnknownStream."""
    if name in _FIXED:
        return _FIXED[name]
    if name in ("hashtag", "hashtag:local"):
        tag = parameters.get("tag", "")
        if not tag.strip("# "):
            raise UnknownStream("Missing tag name parameter")
        feed = Feed(Kind.TAG, local=name == "hashtag:local", tag=tag_key(tag.strip().removeprefix("#")))
        return Channel((name, tag), (feed,))
    if name == "list":
        number = parameters.get("list", "")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise UnknownStream("Missing list name parameter")
        return Channel((name, number), (Feed(Kind.LIST, list_id=int(number)),))
    raise UnknownStream("Unknown stream type")


def at(path: str, parameters: Mapping[str, str]) -> Channel:
    """What is listened to by asking for a path. Raises UnknownStream."""
    name = _PATHS.get(path.removeprefix(PREFIX).strip("/"))
    if name is None:
        raise UnknownStream("Unknown channel requested")
    if name.startswith("public") and parameters.get("only_media", "").lower() in ("true", "1"):
        name += ":media"
    return named(name, parameters)
