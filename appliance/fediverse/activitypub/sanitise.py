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
# What a parser of HTML opens anew in each paragraph until it is closed, as the standard asks for (but for links, of
# which one alone can be open).
_FORMATTING = re.compile(
    r"<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.ASCII | re.IGNORECASE
)
_MOST_ELEMENTS = 50_000


def html(source: str) -> str:
    """Safe to put into a page. Links open elsewhere, tell nobody where they were, and lead to the web alone."""
    source = source[:MAX_LENGTH].replace("\0", "")
    # A few thousand of these before as many paragraphs would be millions of elements, and take all memory there is.
    if _FORMATTING.findall(source).count("") * source.count("<") > _MOST_ELEMENTS:
        source = unformatted(source)
    return nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        link_rel="nofollow noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        url_schemes={"http", "https"},
    )


def unformatted(source: str) -> str:
    """HTML that becomes no more elements than it has tags: nothing is bold, italic or the like."""
    return _FORMATTING.sub(r"<\1span", source)


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
