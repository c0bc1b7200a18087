# SPDX-License-Identifier: AGPL-3.0-or-later
"""The edge to the hostile world: JSON with limits, and typed looks into documents where any field may be anything."""

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from appliance.errors import BadInput, HearthError
from appliance.fediverse.activitypub.terms import PUBLIC, Document
from appliance.system.clock import milliseconds

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_ITEMS = 256
_MAX_ID = 2048
# A name with its port, or hardly longer: to take one of thousands of letters apart takes long, and none has so many.
_WITH_HOST = re.compile(r"[a-zA-Z]+://[^/?#]{0,300}(?:[/?#]|\Z)")
# A moment of a far time zone may lie in no year that can be shown.
_END_OF_TIME = milliseconds(datetime(9999, 1, 1, tzinfo=UTC))
# Strings are stepped over whole; the closing quote is optional so that no input makes this look twice.
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*"?|[\[\]{}]', re.DOTALL)


def parse(body: bytes) -> Document:
    """A JSON object, not larger or deeper than is sensible. Raises HearthError 400 or 413."""
    if len(body) > MAX_BYTES:
        raise HearthError("too-large", "This is too large.", "Send less.", status=413)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise _not_json("This is nested too deeply.")
    try:
        document = json.loads(body, parse_constant=_no_constant)
        if b"\\u" in body:  # half a character can be written, but not stored
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise _not_json("This is not JSON.") from None
    if not isinstance(document, dict):
        raise _not_json("This is not a JSON object.")
    return document


def text(document: Document, name: str, limit: int) -> str:
    """A text field, shortened to `limit`; "" if it is missing or no text."""
    value = document.get(name)
    return value[:limit].replace("\0", "") if isinstance(value, str) else ""


def uri(value: object) -> str | None:
    """The id in a reference, which may be a URI, an object with an id, or a list of which the first counts."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) and _is_web(value) else None


def uris(value: object) -> tuple[str, ...]:
    """Every id in a reference or a list of them, those that make no sense left out."""
    items = value if isinstance(value, list) else [value]
    found = (item if item in _PUBLIC_NAMES else uri(item) for item in items[:MAX_ITEMS] if not isinstance(item, list))
    return tuple(PUBLIC if item in _PUBLIC_NAMES else item for item in found if item)


def objects(value: object) -> list[Document]:
    """The objects in a field that may hold one or a list of them."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items[:MAX_ITEMS] if isinstance(item, dict)]


def kind(document: Document) -> str:
    """Its type; of several the first."""
    value = document.get("type")
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, str) else ""


def link(value: object) -> str | None:
    """The address in a link: a URI, a Link or Image object, or a list; of a list an HTML page is preferred."""
    if isinstance(value, list):
        pages = [item for item in objects(value) if item.get("mediaType") == "text/html"]
        value = pages[0] if pages else value[0] if value else None
    if isinstance(value, dict):
        return link(value["href"]) if isinstance(value.get("href"), str) else link_text(value.get("url"))
    return link_text(value)


def link_text(value: object) -> str | None:
    return value if isinstance(value, str) and _is_web(value) else None


def moment(value: object) -> int | None:
    """An ISO 8601 moment in milliseconds; None also for what lies before 1970 or at the end of all time."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        found = milliseconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC))
        return found if 0 <= found < _END_OF_TIME else None
    except (ValueError, OverflowError):
        return None


@lru_cache(256)  # one activity is asked for the same few a dozen times
def origin(address: str) -> str:
    """Scheme, host and port: whose word counts for an id. "" for what is no web address."""
    try:
        parts = urlsplit(address if _WITH_HOST.match(address) else "")
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.scheme in ("https", "http") and parts.netloc else ""


def same_origin(one: str, other: str) -> bool:
    return origin(one) == origin(other) != ""


_PUBLIC_NAMES = (PUBLIC, "as:Public", "Public")


def _is_web(value: str) -> bool:
    return (
        value.startswith(("https://", "http://"))
        and len(value) <= _MAX_ID
        and value.isprintable()
        and bool(origin(value))
    )


def _depth(body: bytes) -> int:
    depth = deepest = 0
    for match in _TOKEN.finditer(body):
        token = match[0]
        if token in b"[{":
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MAX_DEPTH:
                break
        elif token in b"]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _not_json(sentence: str) -> HearthError:
    return HearthError("not-json", sentence, "Send an ActivityStreams document.", status=400)


def unfit(sentence: str) -> BadInput:
    """A document that can be read but means nothing here: 422."""
    return BadInput(sentence, "Correct the document.", key="bad-document")
