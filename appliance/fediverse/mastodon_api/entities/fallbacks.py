# SPDX-License-Identifier: AGPL-3.0-or-later
"""Notices in words, for apps that do not know their kinds: https://docs.joinmastodon.org/entities/NotificationFallback/"""

from collections.abc import Collection
from html import escape

from appliance.fediverse.mastodon_api.entities.common import Entity
from appliance.fediverse.model import NotificationKind

_SENTENCES = {
    NotificationKind.QUOTE: "{name} quoted a post of yours",
    NotificationKind.QUOTED_UPDATE: "{name} edited a post that you quoted",
    NotificationKind.COLLECTED: "{name} added you to a collection",
    NotificationKind.COLLECTION_UPDATE: "{name} changed a collection that you are in",
    NotificationKind.SIGN_UP: "{name} wants to join",
    NotificationKind.REPORT: "{name} reported somebody",
    NotificationKind.SEVERED: "You lost people whom you followed, or who followed you",
    NotificationKind.WARNING: "The moderators wrote to you",
}
_BY_KIND = {kind.value: sentence for kind, sentence in _SENTENCES.items()}


def of(kind: str, account: Entity, supported: Collection[str] | None) -> Entity:
    """What is to be added to a notice: nothing for kinds that an app knows, or where it does not say which."""
    sentence = _BY_KIND.get(kind)
    if supported is None or kind in supported or sentence is None:
        return {}
    title = sentence.format(name=escape(account["display_name"] or account["username"]))
    return {"fallback": {"title": title, "summary": None, "details": None}}
