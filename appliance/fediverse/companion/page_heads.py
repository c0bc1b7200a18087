# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a page of strangers says of itself in its head: Open Graph, or its title and description.

nh3 reads the HTML, however broken, in time that grows with its length alone, and hands back the few elements asked for,
with their attributes quoted and escaped. Only then it is looked into.
"""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import nh3

from appliance.fediverse.activitypub import reading, sanitise
from appliance.fediverse.services.cards import Page

MAX_HEAD = 256 * 1024
MAX_TITLE = 200
MAX_DESCRIPTION = 500
MAX_NAME = 100
_MAX_URL = 2048
_MAX_PIXELS = 100_000
_HEAD_ENDS = re.compile(rb"</head\b|<body\b", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_ELEMENT = re.compile(r"<meta((?:\s+[a-z]+=\"[^\"]*\")*)\s*/?>|<title>([^<]*)</title>")
_HANDLE = re.compile(r"@?([A-Za-z0-9_.-]{1,128}@[A-Za-z0-9.:-]{1,255})")
_ATTRIBUTE = re.compile(r"([a-z]+)=\"([^\"]*)\"")


def read(body: bytes, parameters: str, url: str) -> Page:
    """`parameters` are those of the content type; `url` is where the page was in the end."""
    end = _HEAD_ENDS.search(body, 0, MAX_HEAD)
    head = body[: end.start() if end else MAX_HEAD]
    said = _said(_decoded(head, parameters))
    image = _address(said.get("og:image") or said.get("twitter:image"), url)
    author = said.get("article:author", "") if not said.get("article:author", "").startswith("http") else ""
    return Page(
        title=_line(said.get("og:title") or said.get("twitter:title") or said.get("title"), MAX_TITLE),
        description=_line(
            said.get("og:description") or said.get("twitter:description") or said.get("description"), MAX_DESCRIPTION
        ),
        author=_handle(said.get("fediverse:creator")),
        author_name=_line(said.get("author") or author, MAX_NAME),
        provider_name=_line(said.get("og:site_name"), MAX_NAME),
        image_url=image,
        image_description=_line(said.get("og:image:alt"), MAX_DESCRIPTION) if image else "",
        width=_pixels(said.get("og:image:width")) if image else 0,
        height=_pixels(said.get("og:image:height")) if image else 0,
        published_at=reading.moment(said.get("article:published_time")),
    )


def _said(html: str) -> dict[str, str]:
    """By name; the first of each counts."""
    clean = nh3.clean(
        sanitise.unformatted(html.replace("\0", "")),
        tags={"meta", "title"},
        attributes={"meta": {"property", "name", "content"}},
        clean_content_tags={"script", "style"},
    )
    said: dict[str, str] = {}
    for attributes, title in _ELEMENT.findall(clean):
        if title:
            said.setdefault("title", unescape(title))
            continue
        given = {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}
        name = (given.get("property") or given.get("name") or "").lower()
        if name and given.get("content"):
            said.setdefault(name, given["content"])
    return said


def _decoded(head: bytes, parameters: str) -> str:
    named = _CHARSET.search(parameters.encode()) or _CHARSET.search(head, 0, 4096)
    try:
        text = head.decode(named[1].decode() if named else "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # some codecs of Python's are none of the web's, and take no "replace"
        return head.decode(errors="replace")
    return text.encode(errors="replace").decode()  # some make half characters, which can't be stored


def _handle(text: str | None) -> str:
    match = _HANDLE.fullmatch((text or "").strip())
    return match[1] if match else ""


def _line(text: str | None, limit: int) -> str:
    return " ".join((text or "").split())[:limit]


def _address(text: str | None, base: str) -> str | None:
    if not text or len(text) > _MAX_URL:
        return None
    try:
        address = urljoin(base, text.strip())
        parts = urlsplit(address)
    except ValueError:
        return None
    fits = parts.scheme in ("https", "http") and parts.netloc and len(address) <= _MAX_URL and address.isprintable()
    return address if fits else None


def _pixels(text: str | None) -> int:
    return min(int(text), _MAX_PIXELS) if text and re.fullmatch("[0-9]{1,6}", text) else 0
