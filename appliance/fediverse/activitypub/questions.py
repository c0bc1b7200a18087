# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions of other servers read: https://docs.joinmastodon.org/spec/activitypub/#Question"""

from appliance.fediverse.activitypub import reading, sanitise
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.services.remote import RemotePoll

MAX_OPTIONS = 32
_MOST_VOTES = 2**31 - 1


def read(document: Document) -> RemotePoll | None:
    """None for what is no poll, or one without options."""
    if reading.kind(document) != "Question":
        return None
    multiple = bool(document.get("anyOf"))
    options: dict[str, int] = {}
    for item in reading.objects(document.get("anyOf") if multiple else document.get("oneOf"))[:MAX_OPTIONS]:
        title = sanitise.plain(reading.text(item, "name", 500))
        replies = item.get("replies")
        if title:
            options.setdefault(title, _votes(replies.get("totalItems") if isinstance(replies, dict) else None) or 0)
    if not options:
        return None
    closed = reading.moment(document.get("closed"))
    ends = reading.moment(document.get("endTime"))
    return RemotePoll(
        options=tuple(options),
        tallies=tuple(options.values()),
        voters_count=_votes(document.get("votersCount")),
        multiple=multiple,
        expires_at=ends if closed is None else closed,
    )


def _votes(value: object) -> int | None:
    return min(value, _MOST_VOTES) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
