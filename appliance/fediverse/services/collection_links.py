# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections that a post links to, so that apps show them beside it: kept in the post's row, as ids."""

import re
from collections.abc import Iterable
from html import unescape

from appliance.fediverse.db.database import Tx
from appliance.fediverse.services import collections
from appliance.fediverse.urls import Urls

MOST = 4
_LOOKED_AT = 20  # links of one post
_LINK = re.compile(r'<a\b[^>]*\bhref="(https?://[^"]{1,2048})"', re.IGNORECASE)


def of(tx: Tx, urls: Urls, html: str, named: Iterable[str] = ()) -> list[int] | None:
    """Ids of those that the HTML links to by their pages or ids, and of those named besides; None for none."""
    links = (unescape(each) for each in _LINK.findall(html)[:_LOOKED_AT]) if "<a" in html else ()
    known = collections.by_ids(tx, collections.at_any(tx, urls, (*named, *links)))
    return sorted(known)[:MOST] or None
