# SPDX-License-Identifier: AGPL-3.0-or-later
"""Foreign HTML made harmless, with the tags and classes that Mastodon lets through (docs: "HTML sanitization")."""

import re

import nh3

MAX_LENGTH = 64 * 1024
# fmt: off
_TAGS = {
    "p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em", "ul", "ol", "li",
    "ruby", "rt", "rp",
}
# fmt: on
_ATTRIBUTES = {
    "a": {"href", "class", "translate"},
    "span": {"class", "translate"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_CLASS = re.compile(r"(?:h|p|u|dt|e)-[a-z-]+|mention|hashtag|ellipsis|invisible|quote-inline")
_NUMBER = re.compile(r"-?\d{1,6}")


def html(source: str) -> str:
    """Safe to put into a page. Links open elsewhere, tell nobody where they were, and lead to the web alone."""
    return nh3.clean(
        source[:MAX_LENGTH].replace("\0", ""),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https"},
    )


def plain(source: str) -> str:
    """Text alone: names and warnings are no HTML."""
    return source.replace("\0", "").strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(word for word in value.split() if _CLASS.fullmatch(word)) or None
    if name == "translate":
        return value if value == "no" else None
    if name in ("start", "value"):
        return value if _NUMBER.fullmatch(value) else None
    if name == "href":  # a path alone would lead into our own site
        return value if value.startswith(("https://", "http://")) else None
    return value
