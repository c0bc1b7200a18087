# SPDX-License-Identifier: AGPL-3.0-or-later
"""Custom emoji in documents of other servers: https://docs.joinmastodon.org/spec/activitypub/#Emoji"""

import re

from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.services.remote import RemoteEmoji

MAX_EMOJI = 64
_SHORTCODE = re.compile(r":?([A-Za-z0-9_]{2,100}):?")


def read(document: Document) -> tuple[RemoteEmoji, ...]:
    """Of a shortcode that comes twice, the first counts."""
    found: dict[str, RemoteEmoji] = {}
    for tag in reading.objects(document.get("tag")):
        name = _SHORTCODE.fullmatch(reading.text(tag, "name", 102)) if reading.kind(tag) == "Emoji" else None
        icons = reading.objects(tag.get("icon"))
        image = reading.link(icons[0].get("url")) if icons else None
        if name is not None and image is not None and len(found) < MAX_EMOJI:
            emoji = RemoteEmoji(name[1], image, reading.uri(tag), reading.moment(tag.get("updated")))
            found.setdefault(emoji.shortcode, emoji)
    return tuple(found.values())
