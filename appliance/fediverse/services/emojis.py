# SPDX-License-Identifier: AGPL-3.0-or-later
"""Custom emoji: pictures that stand for :shortcodes: in texts, of this instance and of others.

Whatever has a text with some in it keeps a dictionary of them beside it: to draw it then asks for nothing. The value
is the picture's address at its own server, or the name of a file of ours.
"""

import contextlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from appliance.errors import BadInput, HearthError
from appliance.fediverse.db.database import Tx
from appliance.fediverse.db.tables import custom_emojis, media
from appliance.fediverse.services.missing import missing
from appliance.fediverse.services.remote import RemoteEmoji

Used = dict[str, str]

_USED = re.compile(r"(?<![A-Za-z0-9_:]):([A-Za-z0-9_]{2,100}):(?![A-Za-z0-9_:])")
_SHORTCODE = re.compile(r"[A-Za-z0-9_]{2,100}")
MAX_USED = 64
_FOR_EVER = 2**62
_BY_CODES = sa.select(custom_emojis).where(
    custom_emojis.c.domain == sa.bindparam("domain"),
    custom_emojis.c.shortcode.in_(sa.bindparam("codes", expanding=True)),
)
_OURS = (
    sa.select(custom_emojis)
    .where(custom_emojis.c.domain == "", sa.not_(custom_emojis.c.disabled))
    .order_by(custom_emojis.c.category, custom_emojis.c.shortcode)
)


def codes(texts: Iterable[str]) -> list[str]:
    """The shortcodes that are used, each once."""
    return list(dict.fromkeys(code for text in texts if ":" in text for code in _USED.findall(text)))[:MAX_USED]


def of_local(tx: Tx, *texts: str) -> Used | None:
    """Those of ours that somebody here uses; None, which costs nothing, if there are none."""
    wanted = codes(texts)
    found = tx.all(_BY_CODES, {"domain": "", "codes": wanted}) if wanted else []
    return {row.shortcode: row.image for row in found if row.image and not row.disabled} or None


def of_remote(tx: Tx, domain: str, given: Sequence[RemoteEmoji], *texts: str) -> Used | None:
    """Those that a text of another server uses of the ones that came with it. They are remembered."""
    wanted = set(codes(texts)) if given else set()
    used = [emoji for emoji in given if emoji.shortcode in wanted]
    if not used:
        return None
    known = {row.shortcode: row for row in tx.all(_BY_CODES, {"domain": domain, "codes": [e.shortcode for e in used]})}
    for emoji in used:
        _remember(tx, domain, emoji, known.get(emoji.shortcode))
    return {emoji.shortcode: emoji.image_url for emoji in used}


def every(tx: Tx) -> list[sa.Row[Any]]:
    """Those of this instance that can be used, by category."""
    return tx.all(_OURS)


def find(tx: Tx, shortcode: str) -> sa.Row[Any] | None:
    """One of this instance that can be used."""
    row = tx.one(_BY_CODES, {"domain": "", "codes": [shortcode]})
    return None if row is None or row.disabled else row


def add(tx: Tx, shortcode: str, image: str, *, static_image: str | None = None, category: str | None = None) -> int:
    """`image` names a file of ours. Raises BadInput, HearthError emoji-taken."""
    check(tx, shortcode)
    emoji_id = tx.next_id()
    tx.execute(
        sa.insert(custom_emojis).values(
            id=emoji_id,
            shortcode=shortcode,
            domain="",
            image=image,
            static_image=static_image,
            category=category,
            updated_at=tx.now_ms,
        )
    )
    return emoji_id


def put(tx: Tx, media_row: sa.Row[Any], file: str, small: str | None) -> None:
    """A picture that was uploaded to be an emoji is ready; its description is what it shall be called. If there is one
    of that name meanwhile, the picture goes as what nobody posted."""
    with contextlib.suppress(HearthError):
        add(tx, media_row.description, file, static_image=small)
        tx.execute(sa.update(media).where(media.c.id == media_row.id).values(keep_until=_FOR_EVER))


def check(tx: Tx, shortcode: str) -> None:
    """Whether a new one may be called so. Raises BadInput, HearthError emoji-taken."""
    if not _SHORTCODE.fullmatch(shortcode):
        raise BadInput("A shortcode has 2 to 100 letters from a to z, digits and underscores.", "Choose another one.")
    if tx.exists(_BY_CODES, {"domain": "", "codes": [shortcode]}):
        raise HearthError("emoji-taken", "There is an emoji of that name.", "Remove it first.", status=422)


def remove(tx: Tx, shortcode: str) -> None:
    """Texts that use it show it still. Raises HearthError not-found."""
    mine = sa.and_(custom_emojis.c.domain == "", custom_emojis.c.shortcode == shortcode)
    if tx.execute(sa.delete(custom_emojis).where(mine)).rowcount == 0:
        raise missing()


def _remember(tx: Tx, domain: str, emoji: RemoteEmoji, known: sa.Row[Any] | None) -> None:
    values = {"uri": emoji.uri, "image_url": emoji.image_url, "updated_at": emoji.updated_at or tx.now_ms}
    if known is None:
        tx.execute(sa.insert(custom_emojis).values(id=tx.next_id(), shortcode=emoji.shortcode, domain=domain, **values))
    elif known.image_url != emoji.image_url:
        tx.execute(sa.update(custom_emojis).where(custom_emojis.c.id == known.id).values(**values))
