# SPDX-License-Identifier: AGPL-3.0-or-later
"""Collections of other servers, read page by page, with limits on pages and items."""

from collections.abc import Iterator
from typing import Any

from appliance.errors import HearthError
from appliance.fediverse.activitypub import reading
from appliance.fediverse.activitypub.documents import Document
from appliance.fediverse.activitypub.fetch import Fetcher

KINDS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})


def items(fetcher: Fetcher, collection: object, home: str, *, pages: int, limit: int) -> Iterator[object]:
    """What is in a collection given by its URI or whole, in its order; each item a URI or a document.

    It and all its pages must lie where `home` does. What cannot be read ends it. Raises HearthError if not even its
    beginning can be had.
    """
    page = _read(fetcher, collection, home)
    left, turned = limit, 0
    while page is not None and left > 0:
        found = _items(page)[:left]
        yield from found
        left -= len(found)
        following = page.get("next") or page.get("first")
        if following is None or turned >= pages:
            return
        turned += 1
        try:
            page = _read(fetcher, following, home)
        except HearthError:
            return


def _read(fetcher: Fetcher, value: object, home: str) -> Document | None:
    if isinstance(value, dict):
        document = value
    elif isinstance(value, str) and reading.same_origin(value, home):
        document = fetcher.document(value)
    else:
        return None
    return document if reading.kind(document) in KINDS else None


def _items(page: Document) -> list[Any]:
    value = page.get("orderedItems") or page.get("items") or []
    return value if isinstance(value, list) else [value]
