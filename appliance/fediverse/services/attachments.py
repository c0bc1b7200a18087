# SPDX-License-Identifier: AGPL-3.0-or-later
"""What hangs on a status, as it is stored with it (`statuses.attachments`), so that lists need no further look-up."""

from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from appliance.fediverse.model import MediaKind


@dataclass(frozen=True)
class Attachment:
    """One of a member has `id`, `file` and `small` (names in the store); one of another server has `url`.

    `meta` is the Mastodon API's: original, small, focus.
    """

    type: str
    media_type: str = ""
    description: str = ""
    url: str = ""
    id: int = 0
    file: str = ""
    small: str = ""
    blurhash: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value or name == "type"}


def of_media(row: "sa.Row[Any]", media_type: str) -> Attachment:
    """A row of `media` that is ready."""
    return Attachment(
        type=row.kind,
        media_type=media_type,
        description=row.description,
        id=row.id,
        file=row.file or "",
        small=row.small or "",
        blurhash=row.blurhash,
        meta=row.meta,
    )


def read(stored: dict[str, Any]) -> Attachment:
    known = {name: stored[name] for name in Attachment.__dataclass_fields__ if stored.get(name) is not None}
    return Attachment(**{"type": MediaKind.UNKNOWN.value} | known)


def sizes(width: int, height: int) -> dict[str, Any]:
    """Of a picture, as `meta` has them."""
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
