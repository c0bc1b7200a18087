# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a push says: enough for a line on a locked screen, and for the app to ask for the rest."""

import json
from typing import Any

from appliance.fediverse.services import plain

MAX_BODY = 140
MAX_NAME = 80
_TITLES = {
    "mention": "{name} mentioned you",
    "status": "{name} posted",
    "reblog": "{name} boosted your post",
    "follow": "{name} follows you",
    "follow_request": "{name} asks to follow you",
    "favourite": "{name} likes your post",
    "poll": "A poll has ended",
    "update": "{name} edited a post",
    "quote": "{name} quoted your post",
    "quoted_update": "{name} edited a post that you quoted",
    "admin.sign_up": "{name} signed up",
    "admin.report": "{name} sent a report",
    "severed_relationships": "Some of your follows have ended",
    "moderation_warning": "A moderator wrote to you",
}


def text(notice: dict[str, Any], token: str, locale: str) -> bytes:
    """`notice` is a Notification entity. The names are those of Mastodon's own pushes."""
    account = notice["account"]
    name = _shortened(account["display_name"].strip() or account["acct"], MAX_NAME)
    payload = {
        "access_token": token,
        "preferred_locale": locale,
        "notification_id": int(notice["id"]),
        "notification_type": notice["type"],
        "icon": account["avatar_static"],
        "title": _TITLES[notice["type"]].format(name=name),
        "body": _shortened(_body(notice), MAX_BODY),
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def _body(notice: dict[str, Any]) -> str:
    """Behind a content warning nothing is shown."""
    status = notice.get("status")
    if status is None:
        return plain.text(notice["account"]["note"])
    return str(status["spoiler_text"]) or plain.text(status["content"])


def _shortened(words: str, most: int) -> str:
    words = " ".join(words.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"
